// A second reading of a stream of requests, after the grammar of RFC 9112 and the rules of docs/http.md. It
// shares no code and no technique with src/: it works on text by regular expressions, and reads a whole
// stream at once. The fuzz tests compare it with the server.

/** A request as it is understood. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  /** Field lines in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** One character an octet. */
  readonly content: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** What a stream of octets means. */
export interface Reading {
  readonly requests: readonly ReadRequest[];
  /** How it ends: between requests, behind one that closes the connection, within one, or at one that must be
   * refused. */
  readonly end: "between" | "closed" | "incomplete" | "refused";
  /** The method of the request that is refused or not complete, as far as it matters to the response. */
  readonly faultyMethod: "HEAD" | "GET";
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED =
  '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Z-]{1,32}$/; // no lower-case letters in strict mode
const PATH = /^(?:\/[!$-;=@-Z[\]_a-z|~]*)?$/;
const QUERY = /^[!$-;=?-~]*$/;
const FIELD_LINE = new RegExp(`^(${TOKEN}):[\\t ]*([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
const CHUNK_LINE = new RegExp(
  `^([0-9A-Fa-f]{1,16})(?:[\\t ]*;[\\t ]*${TOKEN}(?:[\\t ]*=[\\t ]*(?:${TOKEN}|${QUOTED}))?)*$`,
);
const HOST = /^(?:(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*|\[([^\]]*)\])(?::(\d*))?$/;
const IP_FUTURE = /^[vV][0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+$/;

/** Reads a stream that the client has ended.
 *
 * @param stream one character an octet
 * @returns its meaning */
export function readStrictly(stream: string): Reading {
  const requests: ReadRequest[] = [];
  let rest = stream;
  for (;;) {
    const result = readRequest(rest);
    const faultyMethod = /^(?:\r\n){0,2}HEAD /.test(rest) ? "HEAD" : "GET";
    if (typeof result === "string") return { requests, end: result, faultyMethod };
    requests.push(result.request);
    if (result.closes) return { requests, end: "closed", faultyMethod };
    rest = result.rest;
  }
}

type Failure = "between" | "incomplete" | "refused";

function readRequest(
  stream: string,
): Failure | { request: ReadRequest; closes: boolean; rest: string } {
  const start = /^(?:\r\n){0,2}/.exec(stream)![0].length;
  const text = stream.slice(start);
  if (text === "") return "between";
  if (/^\r?\n/.test(text)) return "refused";
  const end = text.indexOf("\r\n\r\n");
  const lines = (end < 0 ? text : text.slice(0, end)).split("\r\n");
  if (end < 0) return "incomplete"; // or refused early: both get one error response
  const [requestLine, ...fieldLines] = lines;
  const parts = /^(\S+) (\S+) (HTTP\/1\.\d)$/.exec(requestLine);
  if (parts === null) return "refused";
  const [, method, target, protocol] = parts;
  const oldProtocol = protocol === "HTTP/1.0";
  const fields = readFields(fieldLines);
  if (fields === undefined || !METHOD.test(method) || method === "CONNECT") return "refused";
  if (!isTarget(target, method)) return "refused";
  const hosts = valuesOf(fields, "host");
  if (hosts.length > 1 || hosts.length === 0 && !oldProtocol) return "refused";
  if (!hosts.every(isHost)) return "refused";
  // RFC 9112 §3.2: Host may be empty only where the target has no authority.
  if (hosts[0] === "" && /^http/i.test(target)) return "refused";
  const expectations = oldProtocol ? [] : listOf(fields, "expect"); // RFC 9110 §10.1.1
  if (expectations.some((value) => value.toLowerCase() !== "100-continue")) {
    return "refused";
  }
  const framed = readContent(text.slice(end + 4), fields, oldProtocol);
  if (typeof framed === "string") return framed;
  const options = listOf(fields, "connection").map((option) => option.toLowerCase());
  const closes = options.includes("close") || oldProtocol && !options.includes("keep-alive");
  const { content, trailers, rest } = framed;
  return { request: { method, target, protocol, fields, content, trailers }, closes, rest };
}

function readFields(lines: readonly string[]): [string, string][] | undefined {
  const fields: [string, string][] = [];
  for (const line of lines) {
    const match = FIELD_LINE.exec(line);
    if (match === null) return undefined;
    fields.push([match[1], match[2].replace(/[\t ]+$/, "")]);
  }
  return fields;
}

function isTarget(target: string, method: string): boolean {
  if (target === "*") return method === "OPTIONS";
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  if (absolute !== null && (absolute[1] === "" || !isHost(absolute[1]))) return false;
  const rest = absolute === null ? target : absolute[2];
  if (absolute === null && !rest.startsWith("/")) return false;
  const [, path, query = ""] = /^([^?]*)(?:\?(.*))?$/.exec(rest)!;
  return PATH.test(path) && QUERY.test(query);
}

function isHost(text: string): boolean {
  const match = HOST.exec(text);
  if (match === null || Number(match[2] ?? 0) > 65535) return false;
  if (match[1] === undefined) return !text.startsWith(":");
  return IP_FUTURE.test(match[1]) || isIPv6(match[1]);
}

/** RFC 3986 §3.2.2 by counting groups. */
function isIPv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => half === "" ? [] : half.split(":"));
  let count = 0;
  for (const [index, half] of groups.entries()) {
    for (const [place, group] of half.entries()) {
      const last = index === groups.length - 1 && place === half.length - 1;
      if (/^[0-9A-Fa-f]{1,4}$/.test(group)) count++;
      else if (last && isIPv4(group)) count += 2;
      else return false;
    }
  }
  return halves.length === 2 ? count <= 7 : count === 8;
}

function isIPv4(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 &&
    octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
}

function readContent(
  text: string,
  fields: [string, string][],
  oldProtocol: boolean,
): Failure | { content: string; trailers: [string, string][]; rest: string } {
  const lengths = valuesOf(fields, "content-length");
  const hasCodings = valuesOf(fields, "transfer-encoding").length > 0;
  if (hasCodings) {
    const codings = listOf(fields, "transfer-encoding").map((coding) => coding.toLowerCase());
    if (lengths.length > 0 || oldProtocol || codings.join() !== "chunked") return "refused";
    return readChunked(text);
  }
  if (lengths.length === 0) return { content: "", trailers: [], rest: text };
  const length = Number(lengths[0]);
  if (lengths.length > 1 || !/^\d+$/.test(lengths[0]) || length > 2 ** 24) return "refused";
  if (text.length < length) return "incomplete";
  return { content: text.slice(0, length), trailers: [], rest: text.slice(length) };
}

function readChunked(
  text: string,
): Failure | { content: string; trailers: [string, string][]; rest: string } {
  let content = "";
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return "incomplete"; // or refused early
    const line = CHUNK_LINE.exec(text.slice(at, lineEnd));
    if (line === null) return "refused";
    const size = parseInt(line[1], 16);
    at = lineEnd + 2;
    if (size === 0) break;
    if (size > 2 ** 24) return "refused";
    if (text.length < at + size + 2) return "incomplete";
    content += text.slice(at, at + size);
    at += size + 2;
    if (text.slice(at - 2, at) !== "\r\n") return "refused";
  }
  if (text.startsWith("\r\n", at)) return { content, trailers: [], rest: text.slice(at + 2) };
  const end = text.indexOf("\r\n\r\n", at);
  if (end < 0) return "incomplete";
  const trailers: [string, string][] = [];
  for (const line of text.slice(at, end).split("\r\n")) {
    const match = FIELD_LINE.exec(line);
    if (match === null) return "refused";
    trailers.push([match[1], match[2].replace(/[\t ]+$/, "")]);
  }
  return { content, trailers, rest: text.slice(end + 4) };
}

function valuesOf(fields: readonly [string, string][], name: string): string[] {
  return fields.filter((field) => field[0].toLowerCase() === name).map((field) => field[1]);
}

function listOf(fields: readonly [string, string][], name: string): string[] {
  return valuesOf(fields, name).flatMap((value) => value.split(",")).map((element) =>
    element.replace(/^[\t ]+|[\t ]+$/g, "")
  ).filter((element) => element !== "");
}
