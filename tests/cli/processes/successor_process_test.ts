// Successors that become ready in time, and those that fail.

import { assertEquals, assertRejects } from "@std/assert";
import { INHERITED_VARIABLE } from "../../../src/cli/processes/inherited_sockets.ts";
import { startSuccessor, type Successor } from "../../../src/cli/processes/successor_process.ts";

const linux = Deno.build.os === "linux";

/** Starts a program as a successor without sockets. */
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

const REPORTS_READY = `
import { Socket } from "node:net";
const { readyFd } = JSON.parse(Deno.env.get("${INHERITED_VARIABLE}"));
new Socket({ fd: readyFd }).write("ready\\n");
setInterval(() => {}, 1_000);
`;

const cases: [name: string, code: string, timeout: number, message: string | undefined][] = [
  ["is ready when it reports so", REPORTS_READY, 30_000, undefined],
  ["fails when it reports nothing in time", "setInterval(() => {}, 1_000)", 50, "within 0.05 s"],
  ["fails when it ends with an error", "Deno.exit(3)", 30_000, "it ended with code 3"],
  ["fails when it ends with exit code 0", "", 30_000, "it ended with code 0"],
  ["fails when it is killed", "Deno.kill(Deno.pid, 'SIGKILL')", 30_000, "ended with SIGKILL"],
];
for (const [name, code, timeout, message] of cases) {
  Deno.test({
    name: `a successor ${name}` + (linux ? "" : " (needs Linux)"),
    ignore: !linux,
    fn: () =>
      start(code, timeout, async ({ ready }) => {
        if (message === undefined) assertEquals(await ready, undefined);
        else await assertRejects(() => ready, Error, message);
      }),
  });
}
