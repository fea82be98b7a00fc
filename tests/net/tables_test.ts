// Parsers of environment variables and of /proc: rows of text and results.

import { assertEquals, assertMatch } from "@std/assert";
import { readActivation } from "../../src/net/systemd_activation.ts";
import { parseTcpAddress } from "../../src/net/listening_fds.ts";

Deno.test("readActivation counts and names the sockets that are for this process", () => {
  const sockets = (fds: string, names?: string) =>
    readActivation({ fds, pid: "7", names }, 7).sockets.map(({ fd, name }) => `${fd} ${name}`);
  assertEquals(sockets("0"), []);
  assertEquals(sockets("2"), ["3 unknown", "4 unknown"]);
  assertEquals(sockets("3", "http::admin"), ["3 http", "4 unknown", "5 admin"]);
});

const complaints: [fds: string, pid: string | undefined, says: RegExp][] = [
  ["x", "7", /expected a number up to 1000 in LISTEN_FDS, got "x"/],
  ["-1", "7", /LISTEN_FDS/],
  ["1001", "7", /LISTEN_FDS/],
  ["1", "8", /LISTEN_PID is 8 and this process is 7/],
  ["1", undefined, /LISTEN_PID is not set/],
  ["1", "07", /LISTEN_PID is 07/],
];
for (const [fds, pid, says] of complaints) {
  Deno.test(`readActivation gives a complaint for LISTEN_FDS ${fds} and LISTEN_PID ${pid}`, () => {
    const { sockets, complaint } = readActivation({ fds, pid, names: undefined }, 7);
    assertEquals(sockets, []);
    assertMatch(complaint!, says);
  });
}

Deno.test("readActivation gives no complaint without a service manager", () => {
  const nothing = { fds: undefined, pid: undefined, names: undefined };
  assertEquals(readActivation(nothing, 7), { sockets: [], complaint: undefined });
});

const addresses: [text: string, hostname: string, port: number][] = [
  ["0100007F:1F86", "127.0.0.1", 8070],
  ["00000000:0050", "0.0.0.0", 80],
  ["00000000000000000000000001000000:FFFF", "::1", 65535],
  ["B80D0120000000000000000001000000:0001", "2001:db8::1", 1],
];
for (const [text, hostname, port] of addresses) {
  Deno.test(`parseTcpAddress reads ${text}`, () => {
    assertEquals(parseTcpAddress(text), { transport: "tcp", hostname, port });
  });
}
