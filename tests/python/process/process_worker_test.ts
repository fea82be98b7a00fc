// How a Python process joins: strangers that have found the name of its socket are turned away and delay nothing.

import { assert, assertEquals } from "@std/assert";
import type { WorkerEnd } from "../../../src/pool/worker_thread.ts";
import { FromWorker } from "../../../src/pool/wire/messages.ts";
import { ApplicationTable } from "../../../src/python/process/application_table.ts";
import { FrameWriter, FromProcess } from "../../../src/python/process/frames.ts";
import { connectedProcesses } from "../../../src/python/process/peer_processes.ts";
import { ProcessWorker } from "../../../src/python/process/process_worker.ts";
import { until } from "../../support/latch.ts";
import { PYTHON_KINDS, REAL_PYTHON } from "../python_site.ts";

const ignore = PYTHON_KINDS[1].ignore || Deno.build.os !== "linux";

/** Names of the sockets at which workers are awaited. */
function names(): string[] {
  const sockets = Deno.readTextFileSync("/proc/net/unix");
  return [...sockets.matchAll(/ @(robusto-[0-9a-f-]{36})$/gm)].map(([, name]) => name);
}

function join(secret: string): Uint8Array {
  const writer = new FrameWriter(64);
  writer.add(FromProcess.join, 0, secret);
  return writer.take()[0];
}

Deno.test("strangers at the socket of a process are turned away", { ignore }, async () => {
  const folder = await Deno.makeTempDir();
  const before = names();
  const kinds: number[] = [];
  const faults: unknown[] = [];
  const end = Promise.withResolvers<WorkerEnd>();
  try {
    const command = `${folder}/python`;
    const wait = `while [ ! -e ${folder}/go ]; do sleep 0.02; done`;
    await Deno.writeTextFile(command, `#!/bin/sh\n${wait}\nexec ${REAL_PYTHON} "$@"\n`);
    await Deno.chmod(command, 0o700);
    await Deno.writeTextFile(`${folder}/app.py`, "def app(environ, start_response): pass\n");
    const url = `file://${folder}/app.py`;
    const worker = new ProcessWorker(
      { data: { workerId: 1 } as never, slotCount: 8 },
      {
        now: () => 0,
        onMessage: (kind) => void kinds.push(kind),
        onAcknowledged: () => {},
        onFault: (error) => void faults.push(error),
        onEnd: end.resolve,
      },
      {
        command,
        applications: new ApplicationTable({ kind: "module", url, name: "app" }),
        pythonPath: [],
        folder: undefined,
        threads: 1,
        maxHeap: Infinity,
      },
    );
    await until(() => names().length > before.length);
    const path = `\0${names().find((name) => !before.includes(name))}`;
    const strangers: Deno.UnixConn[] = [];
    const visit = async (...pieces: Uint8Array[]) => {
      const stranger = await Deno.connect({ transport: "unix", path });
      strangers.push(stranger);
      for (const piece of pieces) await stranger.write(piece);
      return stranger;
    };
    const wrong = join(`1-${crypto.randomUUID()}`);
    const guessing = await visit(wrong);
    assertEquals(await isOver(guessing), true);
    const endless = await visit(new Uint8Array(100_000).fill(0xff));
    assertEquals(await isOver(endless), true);
    for (let i = 0; i < 70; i++) await visit(wrong.subarray(0, i % 20)); // more than may wait
    assert(await isOver(strangers[2]));
    assertEquals(new Set(connectedProcesses(path)), new Set([Deno.pid]));

    await Deno.writeTextFile(`${folder}/go`, "");
    await until(() => kinds.includes(FromWorker.ready));
    assert((await Promise.all(strangers.map(isOver))).every((over) => over));
    assertEquals(faults, []);
    for (const stranger of strangers) stranger.close();
    assertEquals(await worker.terminate(), true);
    assertEquals((await end.promise).cause, "terminated");
    await worker.ended();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Whether the other side has closed a connection; it is waited for. */
async function isOver(connection: Deno.UnixConn): Promise<boolean> {
  try {
    return await connection.read(new Uint8Array(1)) === null;
  } catch {
    return true;
  }
}
