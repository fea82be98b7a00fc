// Interprets the few fields of a complete section that the protocol needs: Host, framing, Connection and
// Expect. It does so once; the result depends on nothing of the request line but the version.

import type { FieldSection } from "./field_section.ts";
import { decideFraming, type Framing } from "./framing.ts";
import { equalsIgnoringCase, listElements } from "./grammar.ts";
import { isHost } from "./host.ts";
import { NO_OPTIONS, parseConnectionOptions, wantsPersistence } from "./persistence.ts";
import { ProtocolError, type ProtocolErrorCode, quoted } from "./protocol_error.ts";

/** The fields of a request and their meaning for the protocol. */
export interface RequestFields {
  /** The field lines themselves. */
  readonly fields: FieldSection;
  /** The version they were interpreted for: 0 for HTTP/1.0, 1 for HTTP/1.1 and later. */
  readonly minorVersion: 0 | 1;
  /** Value of Host; undefined without one, which only HTTP/1.0 allows. */
  readonly host: string | undefined;
  /** How the content is delimited. */
  readonly framing: Framing;
  /** Whether the client wants to keep the connection. */
  readonly persistent: boolean;
  /** Whether the client waits for 100 (Continue); never in HTTP/1.0. */
  readonly expectContinue: boolean;
  /** Whether the client expects something else; the response is then 417. */
  readonly unknownExpectation: boolean;
}

const NO_VALUES: readonly string[] = [];

/** Interprets a complete field section.
 *
 * @param fields the section
 * @param minorVersion 0 for HTTP/1.0, 1 for HTTP/1.1 and later
 * @returns its meaning
 * @throws {ProtocolError} when Host or the framing fields are invalid */
export function interpretFields(fields: FieldSection, minorVersion: 0 | 1): RequestFields {
  let host: string | undefined;
  let lengths: string[] | undefined;
  let codings: string[] | undefined;
  let connection: string | undefined;
  let expect: string | undefined;
  const { names, values } = fields;
  for (let index = 0; index < names.length; index++) {
    const name = names[index];
    switch (name.length) { // the length alone excludes nearly all other fields
      case 4:
        if (!equalsIgnoringCase(name, "host")) break;
        if (host !== undefined) failDuplicateHost();
        host = values[index];
        break;
      case 6:
        if (equalsIgnoringCase(name, "expect")) expect = joined(expect, values[index]);
        break;
      case 10:
        if (equalsIgnoringCase(name, "connection")) connection = joined(connection, values[index]);
        break;
      case 14:
        if (equalsIgnoringCase(name, "content-length")) (lengths ??= []).push(values[index]);
        break;
      case 17:
        if (equalsIgnoringCase(name, "transfer-encoding")) (codings ??= []).push(values[index]);
        break;
    }
  }
  checkHost(host, minorVersion);
  const options = connection === undefined ? NO_OPTIONS : parseConnectionOptions(connection);
  // RFC 9110 §10.1.1: an expectation in HTTP/1.0 is to be ignored.
  const expectation = expect === undefined || minorVersion === 0 ? "none" : expectationOf(expect);
  return {
    fields,
    minorVersion,
    host,
    framing: decideFraming(lengths ?? NO_VALUES, codings ?? NO_VALUES, minorVersion),
    persistent: wantsPersistence(minorVersion, options),
    expectContinue: expectation === "continue",
    unknownExpectation: expectation === "unknown",
  };
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : before + "," + value;
}

/** RFC 9112 §3.2. An empty value is valid: a client sends it if its target URI has no authority. */
function checkHost(host: string | undefined, minorVersion: 0 | 1): void {
  if (host === undefined) {
    if (minorVersion === 1) fail("missing-host", "Cannot accept request: it has no Host field");
  } else if (host !== "" && !isHost(host)) {
    failHost(host);
  }
}

/** Rejects a Host value.
 *
 * @param host the value
 * @throws {ProtocolError} always */
export function failHost(host: string): never {
  const expected = "expected a host with or without a port";
  fail("malformed-host", `Cannot read Host: ${expected}, got ${quoted(host)}`);
}

function expectationOf(expect: string): "none" | "continue" | "unknown" {
  const expectations = listElements(expect);
  if (expectations.length === 0) return "none";
  const known = expectations.every((element) => equalsIgnoringCase(element, "100-continue"));
  return known ? "continue" : "unknown";
}

function failDuplicateHost(): never {
  fail("duplicate-host", "Cannot accept request: it has more than one Host field");
}

function fail(code: ProtocolErrorCode, message: string): never {
  throw new ProtocolError(code, 400, "RFC 9112 §3.2", message);
}
