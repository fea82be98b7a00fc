// Who may use the admin listener: tokens, names of hosts, and requests that pages of other sites send.

import { assertEquals, assertThrows } from "@std/assert";
import { AdminToken, AdminTokenError, refusalOf } from "../../src/admin/access.ts";
import { missingToken } from "../../src/options/admin_options.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import type { RequestHead } from "../../src/http1/request_head.ts";

const TOKEN = "0123456789abcdef";
const LOCAL = { token: undefined, hostname: "127.0.0.1" };

function head(method: string, authority: string, fields: Record<string, string> = {}): RequestHead {
  return { method, authority, fields: new Map(Object.entries(fields)) } as unknown as RequestHead;
}

/** Rows: method, host, fields, status of the refusal. */
const WITHOUT_TOKEN: readonly [string, string, Record<string, string>, number | undefined][] = [
  ["GET", "127.0.0.1:9070", {}, undefined],
  ["GET", "localhost:1", {}, undefined], // through a tunnel
  ["GET", "[::1]:9070", {}, undefined],
  ["GET", "admin.localhost", {}, undefined],
  ["GET", "evil.example:9070", {}, 421], // a name that was resolved to this listener
  ["GET", "127.0.0.1.evil.example", {}, 421],
  ["GET", "", {}, 421],
  ["POST", "127.0.0.1:9070", {}, undefined], // curl
  ["POST", "127.0.0.1:9070", { "sec-fetch-site": "same-origin" }, undefined],
  ["POST", "127.0.0.1:9070", { origin: "http://127.0.0.1:9070" }, undefined],
  ["POST", "127.0.0.1:9070", { "sec-fetch-site": "cross-site" }, 403],
  ["POST", "127.0.0.1:9070", { "sec-fetch-site": "same-site" }, 403], // another port of the host
  ["POST", "127.0.0.1:9070", { origin: "http://127.0.0.1:8070" }, 403],
  ["POST", "127.0.0.1:9070", { origin: "null" }, 403], // a sandboxed frame
  ["POST", "evil.example", { origin: "http://evil.example" }, 421],
  ["PUT", "127.0.0.1:9070", { origin: "http://evil.example" }, 403],
];

for (const [method, host, fields, status] of WITHOUT_TOKEN) {
  Deno.test(`without a token ${method} to "${host}" with ${JSON.stringify(fields)}: ${status}`, () => {
    assertEquals(refusalOf(head(method, host, fields), LOCAL, false)?.status, status);
  });
}

Deno.test("a UNIX socket takes any host: no browser reaches it", () => {
  const rules = { token: undefined, hostname: undefined };
  assertEquals(refusalOf(head("GET", "a"), rules, false), undefined);
});

Deno.test("a token is wanted for everything that is not open, whatever the host", () => {
  const rules = { token: new AdminToken(TOKEN), hostname: "0.0.0.0" };
  const status = (authorization?: string, isOpen = false) => {
    const fields = authorization === undefined ? undefined : { authorization };
    return refusalOf(head("GET", "app-1:9070", fields), rules, isOpen)?.status;
  };
  assertEquals(status(`Bearer ${TOKEN}`), undefined);
  assertEquals(status(`bearer  ${TOKEN}`), undefined);
  assertEquals(status(undefined, true), undefined);
  const wrong = [`Bearer ${TOKEN}0`, "Bearer ", `Basic ${TOKEN}`, TOKEN, ""];
  for (const each of [...wrong, undefined]) assertEquals(status(each), 401, each);
  const cross = { authorization: `Bearer ${TOKEN}`, "sec-fetch-site": "cross-site" };
  assertEquals(refusalOf(head("POST", "a", cross), rules, false)?.status, 403);
});

Deno.test("a file without a good token is refused at the start", () => {
  const path = Deno.makeTempFileSync();
  try {
    assertThrows(() => AdminToken.fromFile(`${path}-none`), AdminTokenError, "no such file");
    for (const text of ["", "short\n", "with a blank in it\n", "\n0123456789abcdef\n"]) {
      Deno.writeTextFileSync(path, text);
      assertThrows(() => AdminToken.fromFile(path), AdminTokenError, "expected a first line");
    }
    Deno.writeTextFileSync(path, `${TOKEN}\r\na comment`);
    assertEquals(AdminToken.fromFile(path).isIn(`Bearer ${TOKEN}`), true);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("an address that others reach needs a token", () => {
  for (const admin of ["0.0.0.0:9070", ":9070", "[::]:9070", "example.org:9070", "10.0.0.1:0"]) {
    assertThrows(() => resolveOptions({ admin }), TypeError, missingToken(admin).message);
    assertEquals(resolveOptions({ admin, adminTokenFile: "/t" }).adminTokenFile, "/t");
  }
  for (const admin of ["9070", "127.0.0.1:9070", "127.9.9.9:1", "[::1]:0", "localhost:0"]) {
    assertEquals(resolveOptions({ admin }).admin?.transport, "tcp");
  }
  assertEquals(resolveOptions({ admin: "unix:/run/a.sock" }).admin?.transport, "unix");
  assertThrows(() => resolveOptions({ adminTokenFile: "/t" }), TypeError, "without admin");
});
