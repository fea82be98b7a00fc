// What a process has to do to be a successor, and how long it may take.

import { assertEquals, assertRejects } from "@std/assert";
import { INHERITED_VARIABLE } from "../../src/cli/inherited_sockets.ts";
import { startSuccessor, type Successor } from "../../src/cli/successor_process.ts";

const linux = Deno.build.os === "linux";

/** Starts a program of its own as the successor of a socket. */
async function start(
  code: string,
  timeout: number,
  use: (successor: Successor) => Promise<void>,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const command = [Deno.execPath(), "run", "-A", "--no-lock", "--no-check", "--quiet", file];
    const successor = startSuccessor([], timeout, command);
    try {
      await use(successor);
    } finally {
      await successor.dismiss();
    }
  } finally {
    await Deno.remove(file);
  }
}

const SAYS = `
import { Socket } from "node:net";
const { readyFd } = JSON.parse(Deno.env.get("${INHERITED_VARIABLE}"));
new Socket({ fd: readyFd }).write("ready\\n");
setInterval(() => {}, 1_000);
`;

const cases: [name: string, code: string, timeout: number, says: string | undefined][] = [
  ["is ready when it says so", SAYS, 30_000, undefined],
  ["is none when it is silent for too long", "setInterval(() => {}, 1_000)", 50, "within 0.05 s"],
  ["is none when it ends with an error", "Deno.exit(3)", 30_000, "it ended with code 3"],
  ["is none when it ends as if all were well", "", 30_000, "it ended with code 0"],
  ["is none when it is killed", "Deno.kill(Deno.pid, 'SIGKILL')", 30_000, "ended with SIGKILL"],
];
for (const [name, code, timeout, says] of cases) {
  Deno.test({
    name: `a successor ${name}` + (linux ? "" : " (needs Linux)"),
    ignore: !linux,
    fn: () =>
      start(code, timeout, async ({ ready }) => {
        if (says === undefined) assertEquals(await ready, undefined);
        else await assertRejects(() => ready, Error, says);
      }),
  });
}
