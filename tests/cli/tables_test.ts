// Sockets that a process was started with, and the watchdog's interval: rows of values and results.

import { assertEquals } from "@std/assert";
import {
  assignInheritedSockets,
  defaultBind,
  parseInheritedSockets,
} from "../../src/cli/processes/inherited_sockets.ts";
import { watchdogInterval } from "../../src/cli/processes/systemd_notifier.ts";

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
