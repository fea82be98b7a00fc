// The command line as a process that may open few descriptors.

import { assertEquals, assertMatch } from "@std/assert";
import { isInstalled } from "../support/program.ts";
import { Cli, type CliStart, fetchText, fixture, send } from "./cli_process.ts";

const ignore = !isInstalled("sh");

/** Starts it with a limit of descriptors. */
const limited = (limit: number): CliStart => ({
  env: { DENO_NO_UPDATE_CHECK: "1" }, // which needs descriptors, at any moment
  launcher: ["sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh"],
});
const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

for (const mode of ["inline", "pool", "sharded"]) {
  const words = ["--port=0", "--mode", mode, ...mode === "inline" ? [] : ["--max-workers=1"]];

  Deno.test({
    name: `${mode}: more connections than descriptors wait, and the server serves on`,
    ignore,
    async fn() {
      await using cli = new Cli(limited(256), fixture("descriptors.ts"), ...words);
      const url = new URL(await cli.waitForUrl());
      const warnings = cli.stderr.match(/Limited maxConnections to (\d+), wanted 10000/g);
      assertEquals(warnings?.length, 1);
      const conns: Deno.TcpConn[] = [];
      const dial = async () => {
        conns.push(await Deno.connect({ hostname: url.hostname, port: Number(url.port) }));
        return conns.at(-1)!;
      };
      try {
        for (let count = 0; count < 300; count++) await dial();
        await send(conns[0], GET("/fail"));
        assertMatch(await readResponse(conns[0]), /^HTTP\/1\.1 500 /);
        const late = await dial();
        await send(late, GET("/"));
        for (const conn of conns.splice(0, 300)) conn.close();
        assertMatch(await readResponse(late), /^HTTP\/1\.1 200 [^]*hello$/);
      } finally {
        for (const conn of conns) conn.close();
      }
      assertEquals(/accept-failed|panicked/.exec(cli.stderr), null);
    },
  });

  Deno.test({
    name: `${mode}: a process without descriptors logs, pauses accepting, and serves on`,
    ignore,
    async fn() {
      await using cli = new Cli(limited(128), fixture("descriptors.ts"), ...words);
      const url = new URL(await cli.waitForUrl());
      const address = { hostname: url.hostname, port: Number(url.port) };
      using first = await Deno.connect(address);
      const ask = async (path: string) => {
        await send(first, GET(path));
        return (await readResponse(first)).split(" ")[1];
      };
      assertEquals(await ask("/open"), "200");
      assertEquals(await ask("/fail"), "500");
      await cli.waitFor(/TypeError: Failed without a descriptor/);
      using _second = await Deno.connect(address);
      await cli.waitFor(
        /accept-failed: Cannot accept connection( \(worker 1\))?\n {4}Error: Too many open files/,
      );
      assertEquals(await ask("/fail"), "500");
      assertEquals(await ask("/close"), "200");
      assertEquals(await fetchText(url.href), "hello");
    },
  });
}

/** Reads until the content has begun; it comes in one piece here. */
async function readResponse(conn: Deno.TcpConn): Promise<string> {
  const piece = new Uint8Array(4_096);
  let text = "";
  while (!/\r\n\r\n./.test(text)) {
    const size = await conn.read(piece);
    if (size === null) break;
    text += new TextDecoder().decode(piece.subarray(0, size));
  }
  return text;
}
