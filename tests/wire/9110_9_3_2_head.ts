// RFC 9110 §9.3.2: the response to HEAD has no content, also where the server rejects the request itself.

import type { Row } from "./row.ts";

const CLAUSE = "RFC 9110 §9.3.2";

export const rejectedHead: readonly Row[] = [
  {
    name: "HEAD without Host",
    wire: "HEAD / HTTP/1.1||",
    expect: { error: "missing-host", status: 400, forHead: true },
    clause: CLAUSE,
  },
  {
    name: "HEAD with a malformed target",
    wire: "HEAD /#a HTTP/1.1|Host: a||",
    expect: { error: "malformed-target", status: 400, forHead: true },
    clause: CLAUSE,
  },
  {
    name: "HEAD with a version that is not supported",
    wire: "HEAD / HTTP/2.0|Host: a||",
    expect: { error: "version-not-supported", status: 505, forHead: true },
    clause: CLAUSE,
  },
  {
    name: "HEAD with a target over the limit",
    wire: "HEAD /" + "x".repeat(200) + " HTTP/1.1|Host: a||",
    options: { maxRequestLineSize: 100 },
    expect: { error: "request-line-too-long", status: 414, forHead: true },
    clause: CLAUSE,
  },
  {
    name: "HEAD with a field section over the limit",
    wire: "HEAD / HTTP/1.1|Host: a|X: " + "x".repeat(200) + "||",
    options: { maxHeadSize: 100 },
    expect: { error: "head-too-large", status: 431, forHead: true },
    clause: CLAUSE,
  },
  {
    name: "HEAD with a field line over several lines",
    wire: "HEAD / HTTP/1.1|Host: a|X: 1| 2||",
    expect: { error: "obsolete-line-folding", status: 400, forHead: true },
    clause: CLAUSE,
  },
  {
    name: "HEAD with an expectation that is not known",
    wire: "HEAD / HTTP/1.1|Host: a|Expect: tea||",
    expect: { error: "expectation-failed", status: 417, forHead: true },
    clause: CLAUSE,
    serverOnly: true,
  },
  {
    name: "HEAD with content over the limit",
    wire: "HEAD / HTTP/1.1|Host: a|Content-Length: 11||",
    options: { maxContentSize: 10 },
    expect: { error: "content-too-large", status: 413, forHead: true },
    clause: CLAUSE,
    serverOnly: true,
  },
  {
    name: "HEAD that ends within its head",
    wire: "HEAD / HTTP/1.1|Host",
    expect: { error: "incomplete-head", status: 400, forHead: true },
    clause: CLAUSE,
  },
  {
    name: "HEAD that is rejected behind a request",
    wire: "GET /1 HTTP/1.1|Host: a||HEAD / HTTP/1.1||",
    expect: [{ method: "GET", target: "/1" }, {
      error: "missing-host",
      status: 400,
      forHead: true,
    }],
    clause: CLAUSE,
  },
  {
    name: "a method that only begins like HEAD",
    wire: "HEADS /#a HTTP/1.1|Host: a||",
    expect: { error: "malformed-target", status: 400 },
    clause: CLAUSE,
  },
];
