// Parts of Python's standard library that the interpreter does not bring in the usual form: password hashes,
// asyncio, logging and the streams.

import { assertEquals } from "@std/assert";
import { BlockingFake, responseOf } from "./blocking_fake.ts";

const FILE = "standard_library.py";

async function resultOf(name: string): Promise<unknown> {
  return JSON.parse(await responseOf(FILE, "application", new BlockingFake(`/${name}`)));
}

Deno.test("hashlib.pbkdf2_hmac derives the keys of RFC 6070 and of CPython", async () => {
  assertEquals(await resultOf("pbkdf2"), [
    "4b007901b765489abead49d926f721d065a429c1",
    "56fa6aa75548099dcc37d7f03425e0c3",
    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" +
    "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
    "4c915baedd1773383e77fcfe38114ca7514010ad",
    "40b77cc2ee4b4c44eeb5babc299be14af5670e39",
    "9c627ef8f3723c914c7bf25e2344a8ed0f26d5e57d5344249af40a0471bdaa140b093ac906bd8a72",
  ]);
});

Deno.test("hashlib.scrypt derives the keys of RFC 7914", async () => {
  assertEquals(await resultOf("scrypt"), [
    "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442" +
    "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    "4bc0fd507e93a600768021341ec726c57c00cb55a4702a1650131365500cf471" +
    "50e20a6189e2626330068b4313cbf1ba8a82bb34f5fef9500178c90d3eb995ac",
  ]);
});

Deno.test("hashlib rejects arguments that OpenSSL rejects", async () => {
  const error = (kind: string, count: number) => Array<string>(count).fill(`${kind}Error`);
  assertEquals(await resultOf("wrong_keys"), [
    ...error("Value", 3),
    "OverflowError",
    "ValueError",
    ...error("Type", 2),
    ...error("Value", 5),
    "TypeError",
  ]);
});

const NO_LOOP = ["no running event loop", "There is no current event loop in thread 'MainThread'."];

Deno.test("no event loop runs while an application is called", async () => {
  assertEquals(await resultOf("no_loop"), NO_LOOP);
});

Deno.test("asyncio.run runs tasks and timers, and blocks meanwhile", async () => {
  const expected = [[0, 2, 4, 8], 42, "TimeoutError", "RuntimeError", ...NO_LOOP];
  assertEquals(await resultOf("run"), expected);
  assertEquals(await resultOf("no_loop"), NO_LOOP);
});

/** Keeps what is reported. */
class Reporting extends BlockingFake {
  readonly lines: string[] = [];

  override report(level: string, event: string, message?: string, error?: Error): void {
    const last = error === undefined ? "" : `, ${error.stack!.split("\n").at(-1)}`;
    this.lines.push(`${level} ${event}: ${message}${last}`);
  }
}

Deno.test("events have the levels of logging, and other text is an error", async () => {
  const exchange = new Reporting("/log");
  await responseOf(FILE, "application", exchange);
  assertEquals(exchange.lines, [
    "debug wsgi-errors: a detail",
    "info wsgi-errors: a fact",
    "warn wsgi-errors: a doubt",
    "error wsgi-errors: a line",
    "error wsgi-errors: a fault",
    "error wsgi-errors: a catastrophe",
    "warn wsgi-errors: no number, ZeroDivisionError: division by zero",
    "info wsgi-errors: several\n  lines",
    "error wsgi-errors: a fault\nof two lines, of two lines",
    "error wsgi-errors: KeyError: 1, KeyError: 1",
    "error wsgi-errors: begun, ",
    "info wsgi-errors: between",
    "error wsgi-errors: octets: ü",
  ]);
});

Deno.test("sys.stderr has what programs ask of a stream", async () => {
  assertEquals(await resultOf("streams"), [2, false, "utf-8", "<stderr>"]);
});
