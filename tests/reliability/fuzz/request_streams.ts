// Makes streams of requests at random: valid ones, ones with a fault that attackers try, and mutations of
// both, pipelined.

import type { Random } from "../random.ts";

const METHODS = ["GET", "GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "M-SEARCH"];
const ODD_METHODS = ["CONNECT", "get", "G(T", "", "TRACE", "X".repeat(33)];
const TARGETS = ["/", "/a", "/a/b?c=d", "//a", "/?", "/a?b?c", "/%zz", "/~|", "/a?{}^`|\\"];
const ODD_TARGETS = ["*", "a", "", "/\\", '/"', "/a#b", "/\x80", "a:80", "ftp://a/", "/a b", "/{"];
const ABSOLUTE = ["http://a", "http://a/b", "https://a:1/?c", "HTTP://[::1]/", "http://a?b"];
const ODD_ABSOLUTE = [
  "http://",
  "http://u@a/",
  "http:///a",
  "http://a:99999/",
  "http:/a",
  "http://[::1/",
];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2"];
const ODD_VERSIONS = ["HTTP/2.0", "HTTP/1", "http/1.1", "HTTP/01.1", "HTTP/1.1 ", "HTTP/1.10", ""];
const HOSTS = ["a", "a.b:80", "[::1]:8070", "127.0.0.1", "a_b", "a%20b", "[v1.a]", "", "a:"];
const ODD_HOSTS = ["a b", "[::1", "u@h", "a:b", "a:1:2", "a/b", "a%zz", "[1::2::3]", ":80", "a,b"];
const FIELDS = [
  "Accept: */*",
  "X-A:b",
  "X-B: \tc\t ",
  "Cookie: d=e; f",
  "A_B: g",
  "X-C: \x80\xff",
  "X:",
];
const ODD_FIELDS = [
  "Expect: x",
  "Content-Length: 3",
  "Content-Length: +3",
  "Content-Length: 3, 3",
  "Content-Length:",
  "content-length : 3",
  "Content-Length: 0x3",
  "Content-Length: 99999999999999999999",
  "Content_Length: 9",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding:",
  "Transfer-Encoding: \x0bchunked",
  "Transfer-Encoding : chunked",
  "transfer-encoding: xchunked",
  "Transfer_Encoding: chunked",
  "Host: b",
  " folded",
  "\tfolded",
  "no colon",
  ": empty name",
  "A b: c",
  "A: \x00",
  "A: \r",
  "A: \n",
  "A\x80: b",
];
const CONNECTIONS = ["close", "keep-alive", "Keep-Alive, X-A", "x, Close", "", "upgrade"];
const EXTENSIONS = [";a", " ; a = b", ';a="b"', ';a="\\""', ";a;b=c", "\t;\ta"];
const ODD_EXTENSIONS = [";", ";a=", ';a="b', " ", ";a b", ";=", ";a=b c", "\t"];
const TRAILERS = ["T: u", "Content-Length: 7", "Host: x"];

/** Octets that have a meaning somewhere. */
const SHARP = '\r\n\r\n\r\n \t:;,="\\/?#@[]%\x00\x0b\x0c\x7f\x80\xa0\xff0159AFaf-_*HhCc';

/** Makes a stream.
 *
 * @param random decides everything
 * @returns one character an octet */
export function makeStream(random: Random): string {
  let stream = "";
  const count = 1 + random.below(4);
  for (let index = 0; index < count; index++) stream += makeRequest(random);
  if (random.chance(0.4)) stream = mutate(stream, random);
  return stream;
}

function makeRequest(random: Random): string {
  const oddity = random.chance(0.2) ? random.below(9) : -1; // the place of the one odd thing
  const method = random.pick(oddity === 0 ? ODD_METHODS : METHODS);
  const targets = random.chance(0.2) ? [ABSOLUTE, ODD_ABSOLUTE] : [TARGETS, ODD_TARGETS];
  const target = random.pick(targets[oddity === 1 ? 1 : 0]);
  const version = random.pick(oddity === 2 ? ODD_VERSIONS : VERSIONS);
  const fields = random.some(3, () => random.pick(FIELDS));
  if (oddity !== 3 || random.chance(0.5)) {
    fields.push(`Host: ${random.pick(oddity === 3 ? ODD_HOSTS : HOSTS)}`);
  }
  if (random.chance(0.15)) fields.push(`Connection: ${random.pick(CONNECTIONS)}`);
  if (random.chance(0.1)) fields.push("Expect: 100-continue");
  if (oddity >= 4 && oddity <= 6) fields.push(random.pick(ODD_FIELDS));
  let content = "";
  if (random.chance(0.3)) {
    content = makeContent(random);
    fields.push(`${random.pick(["Content-Length", "content-length"])}: ${content.length}`);
  } else if (random.chance(0.4)) {
    fields.push(`Transfer-Encoding: ${random.pick(["chunked", "Chunked", ", chunked,"])}`);
    content = makeChunks(random, oddity === 7);
  }
  fields.sort(() => random.next() - 0.5);
  const emptyLines = random.chance(0.1)
    ? "\r\n".repeat(1 + random.below(oddity === 8 ? 4 : 2))
    : "";
  const head = [`${method} ${target} ${version}`, ...fields, "", ""].join("\r\n");
  return emptyLines + head + content;
}

/** Content that looks like another request where it can. */
function makeContent(random: Random): string {
  const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  return random.pick(["", "abc", "0\r\n\r\n", hidden, `5\r\nabcde\r\n0\r\n\r\n${hidden}`]);
}

function makeChunks(random: Random, odd: boolean): string {
  const chunks = random.some(4, () => {
    const data = makeContent(random) || "x";
    return `${sizeOf(data.length, random)}${extension(random, odd)}\r\n${data}\r\n`;
  });
  const last = odd && random.chance(0.3) ? random.pick(["", "00", "0x0", "-0", "0 "]) : "0";
  const trailers = random.chance(0.2) ? random.some(2, () => `${random.pick(TRAILERS)}\r\n`) : [];
  return `${chunks.join("")}${last}${extension(random, odd)}\r\n${trailers.join("")}\r\n`;
}

function sizeOf(length: number, random: Random): string {
  const digits = length.toString(16);
  return random.pick([digits, digits, digits.toUpperCase(), digits.padStart(6, "0")]);
}

function extension(random: Random, odd: boolean): string {
  if (odd && random.chance(0.4)) return random.pick(ODD_EXTENSIONS);
  return random.chance(0.15) ? random.pick(EXTENSIONS) : "";
}

/** Removes, replaces, inserts or moves a few octets. */
function mutate(stream: string, random: Random): string {
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(stream.length + 1);
    const removed = random.below(3);
    const inserted = random.some(2, () => random.character(SHARP)).join("");
    stream = stream.slice(0, at) + inserted + stream.slice(at + removed);
    if (random.chance(0.1)) stream = stream.slice(0, random.below(stream.length + 1));
  }
  return stream;
}
