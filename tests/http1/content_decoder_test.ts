// Rows of octets and the result of decoding them, in the order of RFC 9112 §6 and §7. Each row runs
// whole, octet by octet and, if it is complete, with octets behind it that must stay in the buffer.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type ContentLimits,
  createContentDecoder,
  DEFAULT_CONTENT_LIMITS,
} from "../../src/http1/content_decoder.ts";
import type { Framing } from "../../src/http1/framing.ts";
import { ProtocolError, type ProtocolErrorCode } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import { bufferWith, decodeInPieces, octets, type Outcome, text } from "./decoding.ts";

interface Row {
  readonly name: string;
  /** One character an octet; "|" stands for CRLF. */
  readonly wire: string;
  readonly limits?: Partial<ContentLimits>;
  readonly expect:
    | { readonly content: string; readonly trailers?: [string, string][] }
    | { readonly incomplete: string }
    | { readonly error: ProtocolErrorCode; readonly status: number };
}

const CHUNKED: Framing = { kind: "chunked" };
const malformed = { error: "malformed-chunk", status: 400 } as const;
const badTrailer = { error: "malformed-trailer", status: 400 } as const;
const hello = { content: "hello" };
const many = (count: number, piece: string) => piece.repeat(count);

const ROWS: Row[] = [
  // chunks (RFC 9112 §7.1)
  { name: "no content", wire: "0||", expect: { content: "" } },
  { name: "one chunk", wire: "5|hello|0||", expect: hello },
  { name: "several chunks", wire: "2|he|1|l|2|lo|0||", expect: hello },
  { name: "CRLF within the data", wire: "4|a|b|0||", expect: { content: "a\r\nb" } },
  { name: "only CRLF as data", wire: "2||" + "|0||", expect: { content: "\r\n" } },
  { name: "a last chunk as data", wire: "5|0||" + "|0||", expect: { content: "0\r\n\r\n" } },
  { name: "size in capitals", wire: "A|0123456789|0||", expect: { content: "0123456789" } },
  { name: "size in small letters", wire: "a|0123456789|0||", expect: { content: "0123456789" } },
  {
    name: "size of several digits",
    wire: "1f|" + many(31, "x") + "|0||",
    expect: { content: many(31, "x") },
  },
  { name: "leading zeros within 16 digits", wire: "0000000000000005|hello|0000||", expect: hello },
  { name: "last chunk of 16 zeros", wire: many(16, "0") + "||", expect: { content: "" } },
  { name: "17 digits", wire: many(17, "0"), expect: malformed },
  { name: "largest size", wire: "1fffffffffffff|x", expect: { incomplete: "x" } },
  { name: "size of 2^53", wire: "20000000000000", expect: malformed },
  { name: "size of 2^64 - 1", wire: "ffffffffffffffff", expect: malformed },
  { name: "empty size", wire: "|hello", expect: malformed },
  { name: "size with 0x", wire: "0x5|hello|0||", expect: malformed },
  { name: "size with plus sign", wire: "+5|hello|0||", expect: malformed },
  { name: "size with minus sign", wire: "-5|hello|0||", expect: malformed },
  { name: "size with underscore", wire: "1_0|0123456789abcdef|0||", expect: malformed },
  { name: "size with point", wire: "5.0|hello|0||", expect: malformed },
  { name: "space before the size", wire: " 5|hello|0||", expect: malformed },
  { name: "tab before the size", wire: "\t5|hello|0||", expect: malformed },
  { name: "space behind the size", wire: "5 |hello|0||", expect: malformed },
  { name: "tab behind the size", wire: "5\t|hello|0||", expect: malformed },
  { name: "no-break space behind the size", wire: "5\xa0|hello|0||", expect: malformed },
  { name: "vertical tab behind the size", wire: "5\x0b|hello|0||", expect: malformed },
  { name: "NUL behind the size", wire: "5\0|hello|0||", expect: malformed },
  { name: "letter g", wire: "g|", expect: malformed },
  { name: "octet 10 (a digit with one bit changed)", wire: "\x10|", expect: malformed },
  { name: "octet E1 (a letter with one bit changed)", wire: "\xe1|", expect: malformed },
  { name: "two sizes", wire: "5 5|hello|0||", expect: malformed },
  { name: "LF behind the size", wire: "5\nhello|0||", expect: malformed },
  { name: "CR behind the size", wire: "5\rhello|0||", expect: malformed },
  { name: "CR CR LF behind the size", wire: "5\r|hello|0||", expect: malformed },
  { name: "data without line end", wire: "5|hello0||", expect: malformed },
  { name: "data ended by LF", wire: "5|hello\n0||", expect: malformed },
  { name: "data ended by CR", wire: "5|hello\r0||", expect: malformed },
  { name: "data with two line ends", wire: "5|hello||0||", expect: malformed },
  { name: "data longer than the size", wire: "4|hello|0||", expect: malformed },
  { name: "data shorter than the size", wire: "6|hello|0||", expect: malformed },
  { name: "LF behind the last size", wire: "0\n\n", expect: malformed },
  // cut off (RFC 9112 §8)
  { name: "nothing", wire: "", expect: { incomplete: "" } },
  { name: "cut off in the size", wire: "5", expect: { incomplete: "" } },
  { name: "cut off in the data", wire: "5|hel", expect: { incomplete: "hel" } },
  { name: "cut off behind the data", wire: "5|hello", expect: { incomplete: "hello" } },
  { name: "cut off before the last chunk", wire: "5|hello|", expect: { incomplete: "hello" } },
  { name: "cut off before the empty line", wire: "0|", expect: { incomplete: "" } },
  { name: "cut off in the empty line", wire: "0|\r", expect: { incomplete: "" } },
  { name: "cut off in the trailers", wire: "0|A: b|", expect: { incomplete: "" } },
  // extensions (RFC 9112 §7.1.1)
  { name: "extension without value", wire: "5;a|hello|0||", expect: hello },
  { name: "extension with value", wire: "5;a=b|hello|0||", expect: hello },
  { name: "several extensions", wire: "5;a=b;c;d=e|hello|0;f||", expect: hello },
  { name: "extension with quoted value", wire: '5;a="b"|hello|0||', expect: hello },
  { name: "empty quoted value", wire: '5;a=""|hello|0||', expect: hello },
  { name: "delimiters within quotes", wire: '5;a="b;c=d\t,{}"|hello|0||', expect: hello },
  { name: "quoted quote and backslash", wire: '5;a="\\"\\\\\\x"|hello|0||', expect: hello },
  { name: "obs-text within quotes", wire: '5;a="\x80\xff\\\xfe"|hello|0||', expect: hello },
  {
    name: "white space around ; and =",
    wire: '5 \t; a\t =  b ;c = "d" ; e|hello|0||',
    expect: hello,
  },
  {
    name: "every token character",
    wire: "5;!#$%&'*+-.^_`~azAZ09=!#$%&'*+-.^_`~|hello|0||",
    expect: hello,
  },
  { name: "extension on the last chunk", wire: "0;a=b||", expect: { content: "" } },
  { name: "no name", wire: "5;|hello|0||", expect: malformed },
  { name: "no name but white space", wire: "5; |hello|0||", expect: malformed },
  { name: "no name but value", wire: "5;=b|hello|0||", expect: malformed },
  { name: "two semicolons", wire: "5;;a|hello|0||", expect: malformed },
  { name: "no value", wire: "5;a=|hello|0||", expect: malformed },
  { name: "no value but another extension", wire: "5;a=;b|hello|0||", expect: malformed },
  { name: "two values", wire: "5;a=b=c|hello|0||", expect: malformed },
  { name: "two words", wire: "5;a b|hello|0||", expect: malformed },
  { name: "two words as value", wire: "5;a=b c|hello|0||", expect: malformed },
  { name: "white space behind the name", wire: "5;a |hello|0||", expect: malformed },
  { name: "white space behind the value", wire: "5;a=b |hello|0||", expect: malformed },
  { name: "white space behind the quoted value", wire: '5;a="b" |hello|0||', expect: malformed },
  { name: "octets behind the quotes", wire: '5;a="b"c|hello|0||', expect: malformed },
  { name: "quotes behind a token", wire: '5;a=b"c"|hello|0||', expect: malformed },
  { name: "quoted name", wire: '5;"a"=b|hello|0||', expect: malformed },
  { name: "open quotes", wire: '5;a="b|hello|0||', expect: malformed },
  { name: "CR within quotes", wire: '5;a="\r"|hello|0||', expect: malformed },
  { name: "LF within quotes", wire: '5;a="\n"|hello|0||', expect: malformed },
  { name: "quoted CRLF", wire: '5;a="\\|"|hello|0||', expect: malformed },
  { name: "NUL within quotes", wire: '5;a="\0"|hello|0||', expect: malformed },
  { name: "quoted NUL", wire: '5;a="\\\0"|hello|0||', expect: malformed },
  { name: "DEL within quotes", wire: '5;a="\x7f"|hello|0||', expect: malformed },
  { name: "NUL in the name", wire: "5;a\0|hello|0||", expect: malformed },
  { name: "obs-text in the name", wire: "5;\xe4|hello|0||", expect: malformed },
  { name: "CR in the name", wire: "5;a\rb|hello|0||", expect: malformed },
  { name: "LF behind the extension", wire: "5;a\nhello|0||", expect: malformed },
  { name: "CR behind the extension", wire: "5;a\rhello|0||", expect: malformed },
  { name: "comma as delimiter", wire: "5,a|hello|0||", expect: malformed },
  // trailers (RFC 9112 §7.1.2)
  { name: "trailer", wire: "5|hello|0|A: b||", expect: { ...hello, trailers: [["A", "b"]] } },
  {
    name: "trailers keep order, case and duplicates",
    wire: "0|b: 1|A:2|B:\t3 ||",
    expect: { content: "", trailers: [["b", "1"], ["A", "2"], ["B", "3"]] },
  },
  {
    name: "framing field in the trailers has no effect",
    wire: "0|Content-Length: 5|Transfer-Encoding: chunked|Host: a||",
    expect: {
      content: "",
      trailers: [["Content-Length", "5"], ["Transfer-Encoding", "chunked"], ["Host", "a"]],
    },
  },
  {
    name: "obs-text in a trailer",
    wire: "0|A: \xe4||",
    expect: { content: "", trailers: [["A", "\xe4"]] },
  },
  {
    name: "underscore in a trailer",
    wire: "0|A_B: c||",
    expect: { content: "", trailers: [["A_B", "c"]] },
  },
  { name: "trailer without colon", wire: "0|A||", expect: badTrailer },
  { name: "trailer with space before the colon", wire: "0|A : b||", expect: badTrailer },
  { name: "trailer without name", wire: "0|: b||", expect: badTrailer },
  { name: "trailer ended by LF", wire: "0|A: b\n|", expect: badTrailer },
  { name: "trailer with CR", wire: "0|A: b\rc||", expect: badTrailer },
  { name: "trailer with NUL", wire: "0|A: \0||", expect: badTrailer },
  { name: "empty line of LF", wire: "0|\n", expect: badTrailer },
  { name: "empty line of CR", wire: "0|\rx", expect: badTrailer },
  { name: "empty line of CR behind a trailer", wire: "0|A: b|\rx", expect: badTrailer },
  // limits
  {
    name: "longest chunk line",
    wire: "5;abcdef|hello|0||",
    limits: { maxChunkLineSize: 8 },
    expect: hello,
  },
  {
    name: "chunk line one octet too long",
    wire: "5;abcdefg",
    limits: { maxChunkLineSize: 8 },
    expect: { error: "chunk-line-too-long", status: 400 },
  },
  {
    name: "chunk line too long within quotes",
    wire: '5;a="' + many(20, "x"),
    limits: { maxChunkLineSize: 16 },
    expect: { error: "chunk-line-too-long", status: 400 },
  },
  {
    name: "chunk line too long with white space",
    wire: "5" + many(20, " "),
    limits: { maxChunkLineSize: 16 },
    expect: { error: "chunk-line-too-long", status: 400 },
  },
  {
    name: "the limit holds for each line",
    wire: "1;abc|x|1;abc|x|0;abc||",
    limits: { maxChunkLineSize: 5 },
    expect: { content: "xx" },
  },
  {
    name: "most extension octets in all",
    wire: "1;abc|x|1;abc|x|0;abc||",
    limits: { maxChunkExtensionSize: 12 },
    expect: { content: "xx" },
  },
  {
    name: "one extension octet too many in all",
    wire: "1;abc|x|1;abc|x|0;abcd",
    limits: { maxChunkExtensionSize: 12 },
    expect: { error: "chunk-extensions-too-large", status: 413 },
  },
  {
    name: "default limit of a chunk line",
    wire: "5;" + many(4094, "a") + "|hello|5;" + many(4095, "a"),
    expect: { error: "chunk-line-too-long", status: 400 },
  },
  {
    name: "default limit of all extensions",
    wire: many(9, "1;" + many(2047, "a") + "|x|"),
    expect: { error: "chunk-extensions-too-large", status: 413 },
  },
  {
    name: "largest trailer section",
    wire: "0|A: bcdef||",
    limits: { maxTrailerSize: 10 },
    expect: { content: "", trailers: [["A", "bcdef"]] },
  },
  {
    name: "trailer section too large",
    wire: "0|A: bcdefg||",
    limits: { maxTrailerSize: 10 },
    expect: { error: "trailer-too-large", status: 431 },
  },
  {
    name: "most trailers",
    wire: "0|A:|B:||",
    limits: { maxTrailerCount: 2 },
    expect: { content: "", trailers: [["A", ""], ["B", ""]] },
  },
  {
    name: "too many trailers",
    wire: "0|A:|B:|C:||",
    limits: { maxTrailerCount: 2 },
    expect: { error: "trailer-too-large", status: 431 },
  },
  {
    name: "default limit on trailers",
    wire: "0|" + many(65, "A:|") + "|",
    expect: { error: "trailer-too-large", status: 431 },
  },
  {
    name: "default limit on the trailer section",
    wire: "0|A: " + many(8192, "b"),
    expect: { error: "trailer-too-large", status: 431 },
  },
];

for (const row of ROWS) {
  Deno.test(`ChunkedDecoder, ${row.name}`, () => {
    const wire = octets(row.wire.replaceAll("|", "\r\n"));
    const limits = { ...DEFAULT_CONTENT_LIMITS, ...row.limits };
    const decode = (bytes: Uint8Array, size: number) =>
      decodeInPieces(createContentDecoder(CHUNKED, limits), bytes, size);
    const whole = decode(wire, Infinity);
    assertExpected(row, whole, 0);
    assertEquals(decode(wire, 1), whole);
    if ("content" in row.expect) {
      const behind = octets("GET / HTTP/1.1\r\n");
      const longer = octets(text(wire) + text(behind));
      assertExpected(row, decode(longer, Infinity), behind.length);
      assertExpected(row, decode(longer, 1), behind.length);
    }
  });
}

function assertExpected({ expect }: Row, outcome: Outcome, left: number): void {
  if ("error" in expect) {
    assertEquals([outcome.end, outcome.status], [expect.error, expect.status]);
  } else if ("incomplete" in expect) {
    assertEquals([outcome.end, outcome.content], ["need-data", expect.incomplete]);
  } else {
    const { content, trailers = [] } = expect;
    assertEquals(outcome, { end: "done", status: 0, content, trailers, left });
  }
}

Deno.test("ChunkedDecoder throws the same error at every call after a fault", () => {
  const decoder = createContentDecoder(CHUNKED, DEFAULT_CONTENT_LIMITS);
  const buffer = bufferWith("x");
  const first = assertThrows(() => decoder.take(buffer), ProtocolError);
  const second = assertThrows(() => decoder.take(bufferWith("0\r\n\r\n")), ProtocolError);
  assert(first === second);
  assert(!decoder.done);
});

Deno.test("ChunkedDecoder's error names what it expected and quotes what it got", () => {
  const decoder = createContentDecoder(CHUNKED, DEFAULT_CONTENT_LIMITS);
  assertThrows(
    () => decoder.take(bufferWith("0x5\r\n")),
    ProtocolError,
    'Cannot read chunk size: expected a hex digit, ";" or CRLF, got "x"',
  );
});

Deno.test("ChunkedDecoder tells how much of a chunk may be read past the buffer", () => {
  const decoder = createContentDecoder(CHUNKED, DEFAULT_CONTENT_LIMITS);
  assertEquals([decoder.contiguous, decoder.remaining, decoder.received], [0, Infinity, 0]);
  const buffer = bufferWith("a\r\n0123");
  assertEquals(text(decoder.take(buffer)), "0123");
  assertEquals([decoder.contiguous, decoder.remaining, decoder.received], [6, Infinity, 4]);
  decoder.skip(5);
  assertEquals(decoder.contiguous, 1);
  decoder.skip(1);
  assertEquals([decoder.contiguous, decoder.received], [0, 10]);
  assertEquals(decoder.take(bufferWith("\r\n0\r\nA: b\r\n\r\n")), "done");
  assertEquals([decoder.contiguous, decoder.remaining, decoder.received], [0, 0, 10]);
  assertEquals(decoder.trailers.get("a"), "b");
  assertEquals(decoder.take(bufferWith("x")), "done");
});

Deno.test("ChunkedDecoder gives views into the buffer, without copying", () => {
  const decoder = createContentDecoder(CHUNKED, DEFAULT_CONTENT_LIMITS);
  const buffer = bufferWith("5\r\nhello");
  const view = decoder.take(buffer);
  assert(view instanceof Uint8Array && view.buffer === buffer.bytes.buffer);
});

Deno.test("ChunkedDecoder leaves nothing in the buffer but an incomplete trailer section", () => {
  const decoder = createContentDecoder(CHUNKED, DEFAULT_CONTENT_LIMITS);
  const buffer = bufferWith('5;a="b');
  assertEquals([decoder.take(buffer), buffer.length], ["need-data", 0]);
});

Deno.test("LengthDecoder takes exactly the declared length", () => {
  for (const size of [1, 2, Infinity]) {
    const decoder = createContentDecoder({ kind: "length", length: 5 }, DEFAULT_CONTENT_LIMITS);
    assertEquals([decoder.done, decoder.contiguous, decoder.remaining], [false, 5, 5]);
    assertEquals(decodeInPieces(decoder, octets("helloGET"), size), {
      end: "done",
      status: 0,
      content: "hello",
      trailers: [],
      left: 3,
    });
    assertEquals([decoder.done, decoder.contiguous, decoder.received], [true, 0, 5]);
  }
});

Deno.test("LengthDecoder is done as soon as it has taken its last octet", () => {
  const decoder = createContentDecoder({ kind: "length", length: 2 }, DEFAULT_CONTENT_LIMITS);
  const buffer = bufferWith("h");
  assertEquals(text(decoder.take(buffer)), "h");
  assertEquals([decoder.take(buffer), decoder.done], ["need-data", false]);
  decoder.skip(1);
  assertEquals([decoder.done, decoder.remaining, decoder.received], [true, 0, 2]);
});

Deno.test("LengthDecoder counts lengths beyond 2^32 exactly", () => {
  const length = Number.MAX_SAFE_INTEGER;
  const decoder = createContentDecoder({ kind: "length", length }, DEFAULT_CONTENT_LIMITS);
  decoder.skip(2 ** 40);
  assertEquals(decoder.remaining, length - 2 ** 40);
});

Deno.test("a message without content is done before any octet arrives", () => {
  const decoder = createContentDecoder({ kind: "none" }, DEFAULT_CONTENT_LIMITS);
  assert(decoder.done);
  assertEquals([decoder.remaining, decoder.contiguous, decoder.trailers.size], [0, 0, 0]);
  assertEquals(decoder.take(new ReceiveBuffer(8)), "done");
  assertEquals(decoder.take(bufferWith("GET")), "done");
});
