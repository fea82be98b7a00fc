// An application that replaces globals of its thread, as libraries do: requests are served by the platform's
// own all the same. Each case has a process, because a global stays replaced.

import { assertEquals } from "@std/assert";
import { inLanes } from "../../support/in_lanes.ts";
import { ROOT } from "../../support/root.ts";

const GLOBALS = [
  "",
  "Response",
  "Request",
  "Headers",
  "ReadableStream",
  "AbortController",
  "TextEncoder",
  "TextDecoder",
  "DOMException",
  "URL",
  "queueMicrotask",
  "Promise",
  "then",
  "wrapped-then",
];

/** Serves the fixture with one global replaced, asks for each kind of Response, and prints what came. */
const program = (options: string) => `
const [name] = Deno.args;
const { serve } = await import(${JSON.stringify(new URL("mod.ts", ROOT).href)});
const { connect, exit } = Deno;
const { TextEncoder, TextDecoder, Promise } = globalThis;
const print = console.log;
const app = new URL(${
  JSON.stringify(new URL("fixtures/replaced_globals.ts", import.meta.url).href)
} + "?" + name);
const seen = [];
const server = serve(app, { port: 0, onLog: (e) => e.level === "info" || seen.push(e.event + " " + (e.error?.message ?? "")), ...${options} });
while (!server.ready) await new Promise((resolve) => setTimeout(resolve, 10));
for (const path of ["/", "/stream", "/foreign"]) {
  for (const wire of ["GET " + path + " HTTP/1.1\\r\\nHost: a\\r\\nX-A: hello\\r\\n", "POST " + path + " HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\n"]) {
    const conn = await connect({ hostname: "127.0.0.1", port: server.addr.port });
    await conn.write(new TextEncoder().encode(wire + "Connection: close\\r\\n\\r\\n"));
    if (wire.startsWith("POST")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await conn.write(new TextEncoder().encode("5\\r\\nhello\\r\\n0\\r\\n\\r\\n"));
    }
    let text = "";
    const part = new Uint8Array(4096);
    for (let n; (n = await conn.read(part)) !== null;) text += new TextDecoder().decode(part.subarray(0, n));
    conn.close();
    seen.push(text.slice(9, 12) + (/\\r\\nhello(\\r\\n|$)/.test(text) ? " hello" : " " + text));
  }
}
await server.stop();
print(JSON.stringify(seen));
exit();
`;

const modes = {
  inline: '{ mode: "inline" }',
  web: '{ workerKind: "web", minWorkers: 1 }',
  killable: '{ workerKind: "killable", minWorkers: 1 }',
  sharded: '{ mode: "sharded", minWorkers: 1 }',
};

for (const [mode, options] of Object.entries(modes)) {
  Deno.test(`${mode}: an application that replaces a global is served, and its server stops`, async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/main.js`;
    await Deno.writeTextFile(file, program(options));
    try {
      await inLanes(3, GLOBALS, async (name) => {
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", file, name],
          env: { NO_COLOR: "1" },
          signal: AbortSignal.timeout(20_000),
        }).output();
        const text = new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
        const expected = ["200", "200", "200", "200", "201", "201"].map((s) => `${s} hello`);
        assertEquals(text.trim(), JSON.stringify(expected), `${name} replaced`);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
