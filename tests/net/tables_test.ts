// Parsers of environment variables and of /proc: rows of text and results.

import { assertEquals, assertMatch } from "@std/assert";
import {
  assignInheritedSockets,
  defaultBind,
  parseInheritedSockets,
} from "../../src/cli/inherited_sockets.ts";
import { watchdogInterval } from "../../src/cli/systemd_notifier.ts";
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

const none = { sockets: [], complaint: undefined };
const activated = { sockets: [{ fd: 3, name: "a" }, { fd: 4, name: "b" }], complaint: undefined };

Deno.test("sockets of the service manager are used by default if no address is given", () => {
  assertEquals(defaultBind({}, activated, undefined), ["fd:3", "fd:4"]);
  assertEquals(defaultBind({}, none, undefined), undefined);
  assertEquals(defaultBind({ port: 0 }, activated, undefined), undefined);
  assertEquals(defaultBind({ hostname: "::" }, activated, undefined), undefined);
  assertEquals(defaultBind({ bind: "fd:4" }, activated, undefined), undefined);
});

Deno.test("a successor uses the sockets that the service manager gave its predecessor", () => {
  const left = { sockets: [["fd:5", 3], ["127.0.0.1:80", 4]] as const, readyFd: 5 };
  assertEquals(defaultBind({}, none, left), ["fd:5"]);
  assertEquals(defaultBind({}, none, { ...left, sockets: [["127.0.0.1:80", 4]] }), undefined);
});

Deno.test("each address gets the socket that was inherited for it", () => {
  const heritage = {
    sockets: [
      ["127.0.0.1:0", 3],
      ["127.0.0.1:0", 4],
      ["unix:/run/a b", 5],
      ["unix:@a", 6],
      ["fd:9=unix:/x", 7],
      ["fd:http", 8],
    ] as const,
    readyFd: 9,
  };
  const binds = ["unix:@a", "127.0.0.1:0", "unix:/run/a b", "fd:http", "[::1]:80", "fd:9=unix:/x"];
  assertEquals(assignInheritedSockets(binds, heritage), {
    bind: ["fd:6", "fd:3", "fd:5=unix:/run/a b", "fd:8", "[::1]:80", "fd:7=unix:/x"],
    unused: ["fd:4"],
  });
});

Deno.test("parseInheritedSockets gives undefined for malformed text", () => {
  const text = JSON.stringify({ sockets: [["127.0.0.1:80", 3]], readyFd: 4 });
  assertEquals(parseInheritedSockets(text), { sockets: [["127.0.0.1:80", 3]], readyFd: 4 });
  for (const wrong of ["", "{}", "null", '{"sockets":[["a"]],"readyFd":4}', '{"sockets":[]}']) {
    assertEquals(parseInheritedSockets(wrong), undefined);
  }
});

const intervals: [
  usec: string | undefined,
  pid: string | undefined,
  interval: number | undefined,
][] = [
  ["3000000", "7", 3_000],
  ["3000000", undefined, 3_000],
  ["3000000", "8", undefined],
  ["0", "7", undefined],
  ["x", "7", undefined],
  [undefined, "7", undefined],
];
for (const [usec, pid, interval] of intervals) {
  Deno.test(`the watchdog interval for ${usec} microseconds and process ${pid} is ${interval} ms`, () => {
    assertEquals(watchdogInterval(usec, pid, 7), interval);
  });
}
