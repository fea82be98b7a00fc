// The origin of requests by the fields of proxies. Each row has the fields of a request and the resulting
// origin, where 10.0.0.0/8 and fd00::/8 are trusted and the proxy is 10.0.0.1.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FieldSection } from "../../src/http1/field_section.ts";
import type { RequestHead } from "../../src/http1/request_head.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import { type ForwardedFamily, hopsOf, parseNode } from "../../src/proxies/forwarded_fields.ts";
import { Forwarding } from "../../src/proxies/forwarding.ts";
import { formatIp } from "../../src/proxies/ip_address.ts";

const PROXY = { transport: "tcp", hostname: "10.0.0.1", port: 5000 } as const;

interface Meaning {
  /** Address of the client; that of the proxy by default. */
  readonly from?: string;
  readonly scheme?: "http" | "https";
  readonly authority?: string;
  /** Part of the message in the log. */
  readonly complaint?: string;
}

type Row = [name: string, fields: Record<string, string | string[]>, meaning: Meaning];

const xForwarded: Row[] = [
  ["no field", {}, {}],
  ["one client", { "x-forwarded-for": "192.0.2.1" }, { from: "192.0.2.1:0" }],
  ["any case of the name", { "X-FORWARDED-For": "192.0.2.1" }, { from: "192.0.2.1:0" }],
  ["an IPv6 client", { "x-forwarded-for": "2001:DB8::1" }, { from: "2001:db8::1:0" }],
  ["brackets", { "x-forwarded-for": "[2001:db8::1]" }, { from: "2001:db8::1:0" }],
  ["brackets and a port", { "x-forwarded-for": "[2001:db8::1]:70" }, { from: "2001:db8::1:70" }],
  ["a port", { "x-forwarded-for": "192.0.2.1:70" }, { from: "192.0.2.1:70" }],
  ["a mapped client", { "x-forwarded-for": "::ffff:192.0.2.1" }, { from: "::ffff:192.0.2.1:0" }],
  [
    "a client that claims to be another",
    { "x-forwarded-for": "198.51.100.7, 192.0.2.1" },
    { from: "192.0.2.1:0" },
  ],
  [
    "a client that claims to be a proxy",
    { "x-forwarded-for": "10.9.9.9, 192.0.2.1" },
    { from: "192.0.2.1:0" },
  ],
  [
    "several trusted hops",
    { "x-forwarded-for": "203.0.113.5, 192.0.2.1, 10.0.0.3, fd00::2,::ffff:10.0.0.2" },
    { from: "192.0.2.1:0" },
  ],
  ["lines", { "x-forwarded-for": ["203.0.113.5", "192.0.2.1", "10.0.0.2"] }, {
    from: "192.0.2.1:0",
  }],
  ["trusted hops only", { "x-forwarded-for": "10.0.0.4, 10.0.0.3" }, { from: "10.0.0.4:0" }],
  ["empty elements", { "x-forwarded-for": " ,192.0.2.1 ,\t, " }, { from: "192.0.2.1:0" }],
  ["nothing in it", { "x-forwarded-for": "" }, {}],
  ["rubbish before the client", { "x-forwarded-for": '"<a>,%, 192.0.2.1' }, {
    from: "192.0.2.1:0",
  }],
  ["rubbish", { "x-forwarded-for": "<a>" }, { complaint: 'no address is "<a>"' }],
  [
    "rubbish before a trusted hop",
    { "x-forwarded-for": "192.0.2.1, 1.2.3, 10.0.0.2" },
    { from: "10.0.0.2:0", complaint: 'no address is "1.2.3"' },
  ],
  ["a name", { "x-forwarded-for": "a.example" }, { complaint: 'no address is "a.example"' }],
  ["a line end that is none", { "x-forwarded-for": "1.2.3.4\x85" }, { complaint: "no address is" }],
  ["a port beyond 65535", { "x-forwarded-for": "192.0.2.1:65536" }, { complaint: "no address is" }],
  ["an unknown client", { "x-forwarded-for": "192.0.2.1, unknown" }, {}],
  ["the other family", { forwarded: "for=192.0.2.1;proto=https;host=a" }, {}],
  ["a scheme", { "x-forwarded-proto": "https" }, { scheme: "https" }],
  ["a scheme in capitals", { "x-forwarded-proto": "HTTPS" }, { scheme: "https" }],
  [
    "a scheme that is none",
    { "x-forwarded-proto": "ftp" },
    { complaint: 'no scheme of HTTP is "ftp"' },
  ],
  ["schemes without hops", { "x-forwarded-proto": "http, https" }, { scheme: "https" }],
  [
    "one scheme for several hops",
    { "x-forwarded-for": "192.0.2.1, 10.0.0.2", "x-forwarded-proto": "https" },
    { from: "192.0.2.1:0", scheme: "https" },
  ],
  [
    "a scheme for each hop",
    { "x-forwarded-for": "192.0.2.1, 10.0.0.2", "x-forwarded-proto": "https, http" },
    { from: "192.0.2.1:0", scheme: "https" },
  ],
  [
    "a scheme for each hop, the client's claim before them",
    { "x-forwarded-for": "1.1.1.1, 192.0.2.1, 10.0.0.2", "x-forwarded-proto": "http, https, http" },
    { from: "192.0.2.1:0", scheme: "https" },
  ],
  [
    "schemes that fit no hops",
    { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https, http" },
    { from: "192.0.2.1:0", scheme: "http" },
  ],
  ["a host", { "x-forwarded-host": "b.example:80" }, { authority: "b.example:80" }],
  ["an IPv6 host", { "x-forwarded-host": "[2001:db8::9]" }, { authority: "[2001:db8::9]" }],
  ["hosts without hops", { "x-forwarded-host": "b, c" }, { authority: "c" }],
  [
    "a host that is none",
    { "x-forwarded-host": "b/c", "x-forwarded-proto": "https" },
    { scheme: "https", complaint: 'no host is "b/c"' },
  ],
  [
    "everything",
    {
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "b.example",
    },
    { from: "192.0.2.1:0", scheme: "https", authority: "b.example" },
  ],
];

const forwarded: Row[] = [
  ["no field", {}, {}],
  ["a client", { forwarded: "for=192.0.2.1" }, { from: "192.0.2.1:0" }],
  ["a quoted client", { forwarded: 'For="192.0.2.1:70"' }, { from: "192.0.2.1:70" }],
  ["an IPv6 client", { forwarded: 'for="[2001:db8::1]:70"' }, { from: "2001:db8::1:70" }],
  ["a hidden port", { forwarded: 'for="192.0.2.1:_p"' }, { from: "192.0.2.1:0" }],
  [
    "everything, in any order and case",
    { forwarded: 'PROTO=HTTPS;by=_x;Host="b.example:80";for=192.0.2.1;ext="a,b;c"' },
    { from: "192.0.2.1:0", scheme: "https", authority: "b.example:80" },
  ],
  [
    "what the client claims",
    { forwarded: "for=203.0.113.5;proto=https;host=evil, for=192.0.2.1" },
    { from: "192.0.2.1:0" },
  ],
  [
    "what the outermost trusted proxy says",
    { forwarded: "for=1.1.1.1;host=evil, for=192.0.2.1;proto=https;host=b, for=10.0.0.2;host=c" },
    { from: "192.0.2.1:0", scheme: "https", authority: "b" },
  ],
  [
    "lines",
    { forwarded: ["for=203.0.113.5", "for=192.0.2.1;proto=https", "for=10.0.0.2"] },
    { from: "192.0.2.1:0", scheme: "https" },
  ],
  ["an obfuscated client", { forwarded: "for=192.0.2.1, for=_a.b-c;proto=https" }, {
    scheme: "https",
  }],
  ["an unknown client", { forwarded: "for=unknown, for=10.0.0.2" }, { from: "10.0.0.2:0" }],
  ["no word of the client", { forwarded: "for=192.0.2.1, proto=https" }, { scheme: "https" }],
  ["an open quote of the client's", { forwarded: 'for="1.1.1.1, for=192.0.2.1' }, {
    from: "192.0.2.1:0",
  }],
  [
    "an open quote and a quoted word behind it",
    { forwarded: 'for="a, for="[2001:db8::1]:70"' },
    { from: "2001:db8::1:70" },
  ],
  [
    "a backslash of the client's",
    { forwarded: 'for="\\, for="[2001:db8::1]"' },
    { from: "2001:db8::1:0" },
  ],
  ["commas in quotes", { forwarded: 'for=1.1.1.1, ext=",,\\",\\\\";for=192.0.2.1' }, {
    from: "192.0.2.1:0",
  }],
  ["escapes", { forwarded: 'for="\\1\\92.0.2.1"' }, { from: "192.0.2.1:0" }],
  ["empty elements", { forwarded: ", for=192.0.2.1 ,\t," }, { from: "192.0.2.1:0" }],
  ["empty pairs", { forwarded: ";for=192.0.2.1;;" }, { from: "192.0.2.1:0" }],
  ["nothing in it", { forwarded: "" }, {}],
  ["the other family", { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" }, {}],
  ["a name without a value", { forwarded: "for" }, { complaint: "is malformed" }],
  ["an empty value", { forwarded: "for=" }, { complaint: "is malformed" }],
  ["whitespace in an element", { forwarded: "for=192.0.2.1; proto=https" }, {
    complaint: "is malformed",
  }],
  ["an open quote", { forwarded: 'for="192.0.2.1' }, { complaint: "is malformed" }],
  ["something behind a quote", { forwarded: 'for="192.0.2.1"x' }, { complaint: "is malformed" }],
  ["the same name twice", { forwarded: "for=192.0.2.1;For=192.0.2.2" }, {
    complaint: "is malformed",
  }],
  ["IPv6 that is not quoted", { forwarded: "for=[2001:db8::1]" }, { complaint: "is malformed" }],
  [
    "rubbish before a trusted hop",
    { forwarded: "for=192.0.2.1, @, for=10.0.0.2;proto=https" },
    { from: "10.0.0.2:0", scheme: "https", complaint: "is malformed" },
  ],
  ["a name as client", { forwarded: "for=a;proto=https" }, {
    scheme: "https",
    complaint: 'no address is "a"',
  }],
  ["a scheme that is none", { forwarded: "for=192.0.2.1;proto=ws" }, {
    from: "192.0.2.1:0",
    complaint: 'no scheme of HTTP is "ws"',
  }],
  ["a host that is none", { forwarded: 'for=192.0.2.1;host="b c"' }, {
    from: "192.0.2.1:0",
    complaint: 'no host is "b c"',
  }],
  ["an empty host", { forwarded: 'for=192.0.2.1;host=""' }, {
    from: "192.0.2.1:0",
    complaint: 'no host is ""',
  }],
];

function sectionOf(fields: Row[1]): FieldSection {
  const lines = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value])
  );
  return FieldSection.from(lines);
}

for (const [family, rows] of [["x-forwarded", xForwarded], ["forwarded", forwarded]] as const) {
  for (const [name, fields, meaning] of rows) {
    Deno.test(`${family}: ${name}`, () => {
      const log: LogEvent[] = [];
      const options = { trustedProxies: ["10.0.0.0/8", "fd00::/8"], forwardedFields: family };
      const forwarding = Forwarding.for(options, (event) => log.push(event))!;
      const head = { authority: "a", fields: sectionOf(fields) } as RequestHead;
      const origin = forwarding.originOf(head, { scheme: "http", remoteAddr: PROXY });
      const { remoteAddr, scheme, head: { authority } } = origin ??
        { remoteAddr: PROXY, scheme: "http", head };
      const { hostname, port } = remoteAddr as Deno.NetAddr;
      assertEquals(
        { from: `${hostname}:${port}`, scheme, authority },
        {
          from: meaning.from ?? "10.0.0.1:5000",
          scheme: meaning.scheme ?? "http",
          authority: meaning.authority ?? "a",
        },
      );
      assertEquals(log.length, meaning.complaint === undefined ? 0 : 1);
      for (const event of log) {
        assert(event.message.includes(meaning.complaint!), event.message);
        assertEquals([event.level, event.remoteAddr], ["warn", PROXY]);
      }
      assertEquals(origin?.head.fields ?? head.fields, head.fields, "fields stay as they came");
    });
  }
}

Deno.test("if the proxy does not tell the scheme, it is that of the connection", () => {
  const options = { trustedProxies: ["10.0.0.1"], forwardedFields: "x-forwarded" } as const;
  const forwarding = Forwarding.for(options, () => {})!;
  const head = { fields: sectionOf({ "x-forwarded-for": "192.0.2.1" }) } as RequestHead;
  assertEquals(forwarding.originOf(head, { scheme: "https", remoteAddr: PROXY })?.scheme, "https");
});

Deno.test("fields are ignored without trusted proxies or with forwardedFields off", () => {
  const make = (trustedProxies: string[], forwardedFields: "x-forwarded" | "off") =>
    Forwarding.for({ trustedProxies, forwardedFields }, () => {});
  assertEquals(make([], "x-forwarded"), undefined);
  assertEquals(make(["10.0.0.1"], "off"), undefined);
  const forwarding = make(["10.0.0.1"], "x-forwarded")!;
  assertEquals(forwarding.covers(PROXY), true);
  assertEquals(forwarding.covers({ ...PROXY, hostname: "10.0.0.2" }), false);
});

const families: ForwardedFamily[] = ["x-forwarded", "forwarded"];
const fieldText = fc.string({ unit: fc.constantFrom(...'for=;,"\\ \t10.:[]a_\xff<') });
const trustedElement = fc.constantFrom(
  "for=192.0.2.1",
  'for="[2001:db8::1]:70"',
  'for=192.0.2.1;ext="a,\\"b\\\\";proto=https',
);

Deno.test("reading hops and nodes throws for no text", () => {
  fc.assert(fc.property(fieldText, (text) => {
    const fields = sectionOf({ forwarded: text, "x-forwarded-for": text });
    for (const family of families) {
      for (const hop of hopsOf(fields, family)) {
        if (hop?.for === undefined) continue;
        const node = parseNode(hop.for);
        if (typeof node === "object") assert(formatIp(node.octets).length > 1);
      }
    }
  }));
});

Deno.test("elements that a client sends do not change the element that the proxy adds", () => {
  fc.assert(
    fc.property(fieldText, trustedElement, (claim, element) => {
      const alone = [...hopsOf(sectionOf({ forwarded: element }), "forwarded")];
      for (const value of [`${claim}, ${element}`, [claim, element]]) {
        const [nearest] = hopsOf(sectionOf({ forwarded: value }), "forwarded");
        assertEquals(nearest, alone[0]);
      }
    }),
    { numRuns: 2_000 },
  );
});
