// The text forms of heads, errors and log events: each is read as it was written.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FieldSection } from "../../../src/http1/field_section.ts";
import { ProtocolError } from "../../../src/http1/protocol_error.ts";
import { parseRequestTarget } from "../../../src/http1/request_target.ts";
import type { ResponseHead } from "../../../src/http1/response_head.ts";
import type { Address } from "../../../src/io/address.ts";
import { ApplicationLoadError } from "../../../src/application/application_load_error.ts";
import {
  decodeLoadError,
  decodeLog,
  encodeLoadError,
  encodeLog,
} from "../../../src/threads/error_codec.ts";
import {
  decodeResponse,
  encodeInterim,
  encodeResponse,
} from "../../../src/pool/wire/response_codec.ts";
import { decodeFailure, encodeFailure } from "../../../src/threads/error_codec.ts";
import { DecodedRequest, encodeRequest } from "../../../src/pool/wire/request_codec.ts";
import { FakeExchange, headFor } from "../fake_exchange.ts";

const letters = (text: string) => fc.constantFrom(...text);
const token = fc.string({ unit: letters("aZ0-_!~"), minLength: 1, maxLength: 8 });
const value = fc.string({ unit: letters('aZ09 \t:;,"\xe4\xff'), maxLength: 12 });
const fields = fc.array(fc.tuple(token, value), { maxLength: 8 });

Deno.test("a request comes over as it went in", () => {
  const targets = fc.constantFrom("/", "/a%41?b=c&d", "*", "http://h:1/x?y", "//x", "/?", "/a?b?c");
  const addresses: fc.Arbitrary<Address> = fc.constantFrom<Address>(
    { transport: "tcp", hostname: "127.0.0.1", port: 80 },
    { transport: "tcp", hostname: "::1", port: 65535 },
    { transport: "tcp", hostname: "fe80::1%eth0", port: 0 },
  );
  const tls = { protocol: "TLSv1.3", serverName: "a\nb" };
  const peers = fc.constantFrom(undefined, { pid: 1, uid: 2, gid: 3, user: "a\u00e9" });
  const requests = fc.tuple(targets, fields, addresses, fc.nat(), peers);
  fc.assert(fc.property(requests, ([raw, pairs, address, queueTime, peer]) => {
    const method = raw === "*" ? "OPTIONS" : "GET";
    const head = {
      ...headFor("/"),
      method,
      target: parseRequestTarget(method, raw, { proxyMode: false, strictMode: true }),
      fields: FieldSection.from(pairs as [string, string][]),
      protocol: "HTTP/1.0",
      minorVersion: 0,
      persistent: false,
      authority: "h:1",
    } as const;
    const exchange = Object.assign(Object.create(new FakeExchange()), {
      head,
      requestId: "x-1",
      queueTime,
      scheme: "https",
      remoteAddr: address,
      localAddr: address,
      mountPath: "/blog",
      tls: peer && tls,
      peer,
    });
    const decoded = new DecodedRequest(encodeRequest(exchange), head.framing);
    assertEquals(decoded.head.fields.entries(), head.fields.entries());
    assertEquals({ ...decoded.head, fields: null }, { ...head, fields: null });
    const { requestId, scheme, remoteAddr, localAddr, mountPath } = decoded;
    assertEquals([requestId, scheme, mountPath], ["x-1", "https", "/blog"]);
    assertEquals([remoteAddr, localAddr], [address, address]);
    assertEquals([decoded.queueTime, decoded.tls, decoded.peer], [queueTime, peer && tls, peer]);
  }));
});

Deno.test("a worker knows whether the client wants to keep the connection", () => {
  const persists = (protocol: string, connection?: string) => {
    const fields = FieldSection.from(connection === undefined ? [] : [["Connection", connection]]);
    const head = { ...headFor("/"), protocol, fields };
    const exchange = Object.assign(Object.create(new FakeExchange()), { head });
    return new DecodedRequest(encodeRequest(exchange), head.framing).head.persistent;
  };
  assertEquals(persists("HTTP/1.1"), true);
  assertEquals(persists("HTTP/1.1", "te, close"), false);
  assertEquals(persists("HTTP/1.0"), false);
  assertEquals(persists("HTTP/1.0", "keep-alive"), true);
});

Deno.test("a change since the last request of a connection comes over", () => {
  const first = new FakeExchange();
  const { head } = first;
  const here = { ...first.localAddr, port: 81 };
  const variants = [
    { head: { ...head, fields: FieldSection.from([["Host", "b"]]) } },
    { head: { ...head, authority: "b" } },
    { head: { ...head, protocol: "HTTP/1.0", minorVersion: 0 } },
    { scheme: "https" },
    { localAddr: here },
    { remoteAddr: { ...first.remoteAddr, hostname: "127.0.0.2" } },
    { tls: { protocol: "TLSv1.3" } },
    { peer: { pid: 1, uid: 2, gid: 3 } },
  ];
  for (const changed of variants.flatMap((variant) => [{}, variant, {}])) {
    const exchange = Object.assign(Object.create(first), changed);
    for (let time = 0; time < 2; time++) {
      const decoded = new DecodedRequest(encodeRequest(exchange), head.framing);
      const { scheme, localAddr, remoteAddr, tls, peer } = decoded;
      const { fields, authority, protocol } = decoded.head;
      assertEquals(
        [scheme, localAddr, remoteAddr, tls, peer, fields.lines, authority, protocol],
        [
          ...[exchange.scheme, exchange.localAddr, exchange.remoteAddr, exchange.tls],
          ...[exchange.peer, exchange.head.fields.lines, exchange.head.authority],
          exchange.head.protocol,
        ],
      );
    }
  }
});

function partsOf({ status, statusText, fields }: ResponseHead): ResponseHead {
  return { status, statusText, fields };
}

Deno.test("a response head comes over as it went in", () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 999 }), value, fields, (status, text, pairs) => {
      const head = { status, statusText: text, fields: pairs as [string, string][] };
      assertEquals(partsOf(decodeResponse(encodeResponse(head))), head);
    }),
  );
});

Deno.test("an interim response comes over as it went in", () => {
  const fields: [string, string][] = [["Link", "</a>; rel=preload"], ["Content-Length", "any"]];
  const head = { status: 103, statusText: "", fields };
  assertEquals(partsOf(decodeResponse(encodeInterim(103, fields))), head);
  for (const status of [99, 101, 200, 103.5, NaN]) {
    assertThrows(() => encodeInterim(status, fields), TypeError, "Cannot send interim response");
  }
  assertThrows(() => encodeInterim(103, [["a", "b\rc"]]), TypeError, "Cannot send field a");
});

Deno.test("a response head with a line end is rejected", () => {
  for (const fields of [[["a\nb", "c"]], [["a", "b\nc"]]] as [string, string][][]) {
    assertThrows(() => encodeResponse({ status: 200, fields }), TypeError, "Cannot send field");
  }
  const head = { status: 200, statusText: "O\nK", fields: [] };
  assertThrows(() => encodeResponse(head), TypeError, "reason phrase");
});

Deno.test("the failure of content comes over", () => {
  const error = new ProtocolError("incomplete-content", 400, "RFC 9112 §8", "Too short: a\nb");
  const { code, status, clause, message } = decodeFailure(encodeFailure(error));
  assertEquals([code, status, clause, message], [
    error.code,
    error.status,
    error.clause,
    error.message,
  ]);
});

Deno.test("log events come over with any value that was thrown", () => {
  const hostile = {
    toString: () => {
      throw new Error("no text");
    },
  };
  const things = [
    new RangeError("own", { cause: new Error("why") }),
    42,
    null,
    Symbol("s"),
    hostile,
  ];
  for (const thing of things) {
    const { level, event, message, error } = decodeLog(encodeLog("warn", "e", 'm\n"', thing));
    assertEquals([level, event, message], ["warn", "e", 'm\n"']);
    assertEquals(error instanceof Error, true);
  }
  const { error } = decodeLog(encodeLog("warn", "e", "m", things[0]));
  assertStringIncludes((error as Error).stack!, "RangeError: own");
  assertStringIncludes((error as Error).stack!, "Caused by: Error: why");
  assertEquals(decodeLog(encodeLog("info", "e", "m", undefined)).error, undefined);
});

Deno.test("errors that are causes of each other end", () => {
  const error = new Error("circle");
  error.cause = error;
  assertStringIncludes(String(decodeLog(encodeLog("warn", "e", "m", error)).error), "circle");
});

Deno.test("load errors come over with the application's own error", () => {
  const own = new ApplicationLoadError("its module failed", new RangeError("own"));
  const decoded = decodeLoadError(encodeLoadError(own));
  assertEquals(decoded.message, own.message);
  assertStringIncludes((decoded.cause as Error).stack!, "RangeError: own");
  assertEquals(decodeLoadError(encodeLoadError("text")).reason, "its worker failed");
});
