// The formats of the access log: their fields, and what they escape.

import { assertEquals, assertThrows } from "@std/assert";
import { accessLogFormatter } from "../../src/access_log/access_log_format.ts";
import { ACCESS_FIELDS, type AccessRecord } from "../../src/access_log/access_record.ts";

const RECORD: AccessRecord = {
  time: "2026-01-02T03:04:05.678Z",
  requestId: "abcd-1",
  remoteAddr: "192.0.2.1",
  method: "GET",
  target: "/a?b",
  protocol: "HTTP/1.1",
  status: 200,
  bytesIn: 3,
  bytesOut: 12,
  duration: 1.5,
  queueTime: 0,
  handlerTime: 0.25,
  workerId: 2,
  referer: "http://a.test/",
  userAgent: "curl/8",
  host: "a.test",
  tls: "TLSv1.3",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  outcome: "complete",
};

/** The record of a request whose head could not be parsed. */
const HEADLESS: AccessRecord = {
  ...RECORD,
  ...{ method: undefined, target: undefined, protocol: undefined, status: 400, bytesOut: 0 },
  ...{ referer: undefined, userAgent: undefined, host: undefined, tls: undefined },
  ...{ traceId: undefined, spanId: undefined },
  ...{ workerId: undefined, outcome: "refused" as const },
};

function line(format: string, record: Partial<AccessRecord> = {}): string {
  return accessLogFormatter(format)({ ...RECORD, ...record });
}

/** Apache's time of the record, in the time zone of the process. */
const TIME = /\[0[123]\/Jan\/2026:\d\d:\d\d:05 [+-]\d{4}\]/;

Deno.test("common is Apache's format", () => {
  assertEquals(
    line("common").replace(TIME, "TIME"),
    '192.0.2.1 - - TIME "GET /a?b HTTP/1.1" 200 12',
  );
  assertEquals(line("common", HEADLESS).replace(TIME, "TIME"), '192.0.2.1 - - TIME "-" 400 -');
});

Deno.test("combined is Apache's format", () => {
  assertEquals(
    line("combined").replace(TIME, "TIME"),
    '192.0.2.1 - - TIME "GET /a?b HTTP/1.1" 200 12 "http://a.test/" "curl/8"',
  );
  const headless = line("combined", HEADLESS).replace(TIME, "TIME");
  assertEquals(headless, '192.0.2.1 - - TIME "-" 400 - "-" "-"');
  const partly = line("common", { ...HEADLESS, method: "GET", target: "/a" });
  assertEquals(partly.replace(TIME, "TIME"), '192.0.2.1 - - TIME "GET /a -" 400 -');
});

Deno.test("a response that was cut before it had a status shows a hyphen", () => {
  assertEquals(line("{status}", { status: undefined }), "-");
  assertEquals(line("common", { status: undefined }).endsWith('" - 12'), true);
});

Deno.test("json has every field in order, and null for what there is not", () => {
  assertEquals(Object.keys(JSON.parse(line("json"))), [...ACCESS_FIELDS]);
  assertEquals(JSON.parse(line("json")), RECORD);
  const headless = JSON.parse(line("json", HEADLESS));
  assertEquals([headless.method, headless.workerId, headless.tls], [null, null, null]);
  assertEquals([headless.traceId, headless.spanId], [null, null]);
  assertEquals(headless.status, 400);
});

for (const duration of [0, 0.001, 0.04, 0.999, 1, 12.345, 59_999.999, 1e9]) {
  Deno.test(`json writes ${duration} milliseconds as a number`, () => {
    assertEquals(JSON.parse(line("json", { duration })).duration, duration);
  });
}

Deno.test("a template shows every field, braces, and text as it stands", () => {
  const template = ACCESS_FIELDS.map((field) => `{${field}}`).join(" ");
  assertEquals(line(template), ACCESS_FIELDS.map((field) => String(RECORD[field])).join(" "));
  assertEquals(line('{{"m": "{method}", 100 %}}'), '{"m": "GET", 100 %}');
  assertEquals(line("{tls}|{tls}", { tls: undefined }), "-|-");
});

const WRONG: readonly (readonly [template: string, message: string])[] = [
  ["{methd}", "expected fields of time, requestId, remoteAddr"],
  ["{}", "expected fields of time"],
  ["{ method }", "expected fields of time"],
  ["{method", "expected every field as {name}"],
  ["method}", "expected every field as {name}"],
  ["combinde", "expected common, combined, json, or a template"],
  ["", "expected common, combined, json, or a template"],
  ["{method}\n{target}", "expected no control characters"],
];
for (const [template, message] of WRONG) {
  Deno.test(`the template ${JSON.stringify(template)} is refused`, () => {
    assertThrows(() => accessLogFormatter(template), RangeError, message);
    assertThrows(() => accessLogFormatter(template, "--x"), RangeError, "Cannot use --x: ");
  });
}

/** What a client sent, in lines as Apache writes them, and as JSON. */
const SPECIMENS: readonly (readonly [sent: string, apache: string, json: string])[] = [
  ["plain ~", "plain ~", '"plain ~"'],
  ['a"b\\', 'a\\"b\\\\', '"a\\"b\\\\"'],
  ["a\r\nb\tc\b\v", "a\\r\\nb\\tc\\b\\v", '"a\\r\\nb\\tc\\b\\u000b"'],
  ["\x1b[2J\0\x7f", "\\x1b[2J\\x00\\x7f", '"\\u001b[2J\\u0000\\u007f"'],
  ["\x9b\xe4\xff", "\\x9b\\xe4\\xff", '"\\u009b\\u00e4\\u00ff"'],
  ["\u20ac\u{1f600}", "\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80", '"\\u20ac\\ud83d\\ude00"'],
];
for (const [sent, apache, json] of SPECIMENS) {
  Deno.test(`${JSON.stringify(sent)} is escaped in every field of a client`, () => {
    const client = { method: sent, target: sent, protocol: sent, referer: sent, userAgent: sent };
    const record = { ...client, host: sent, remoteAddr: "unix" };
    for (let round = 0; round < 2; round++) { // the second one is remembered
      assertEquals(line("{userAgent}|{target}", record), `${apache}|${apache}`);
      assertEquals(
        line("combined", record).replace(TIME, "TIME"),
        `unix - - TIME "${apache} ${apache} ${apache}" 200 12 "${apache}" "${apache}"`,
      );
      const text = line("json", record);
      assertEquals(text.includes(`"userAgent":${json},"host":${json}`), true, text);
      assertEquals(JSON.parse(text).target, sent);
    }
  });
}

Deno.test("texts of many clients do not pile up", () => {
  const format = accessLogFormatter("combined");
  for (let index = 0; index < 1_000; index++) {
    const userAgent = `client ${index}`;
    assertEquals(format({ ...RECORD, userAgent }).endsWith(`"${userAgent}"`), true);
  }
});
