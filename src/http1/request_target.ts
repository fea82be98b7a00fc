// Parses a request target (RFC 9112 §3.2). It recognises the four forms by how they begin and splits them
// at octets; it decodes, normalises and resolves nothing. `new URL` is not used: it would read `//evil/x`
// as a host and `/a\..\b` as a different path.

import { equalsIgnoringCase, tableOf, tableWithout, visibleTable } from "./grammar.ts";
import { isHost, parseHost } from "./host.ts";
import { ProtocolError, quoted } from "./protocol_error.ts";

/** `/path?query`. */
export interface OriginForm {
  /** Which of the forms it is. */
  readonly form: "origin";
  /** The target as sent. */
  readonly raw: string;
  /** The path as sent, with its percent-encodings. */
  readonly path: string;
  /** The text behind the first `?`; empty without one. */
  readonly query: string;
}

/** `http://authority/path?query`. */
export interface AbsoluteForm {
  /** Which of the forms it is. */
  readonly form: "absolute";
  /** The target as sent. */
  readonly raw: string;
  /** The scheme in lower case. */
  readonly scheme: "http" | "https";
  /** Host and port as sent. */
  readonly authority: string;
  /** The path as sent; `/` without one. */
  readonly path: string;
  /** The text behind the first `?`; empty without one. */
  readonly query: string;
}

/** `host:port`, for CONNECT only. */
export interface AuthorityForm {
  /** Which of the forms it is. */
  readonly form: "authority";
  /** The target as sent. */
  readonly raw: string;
  /** Host and port, which are the whole target. */
  readonly authority: string;
}

/** `*`, for OPTIONS only. */
export interface AsteriskForm {
  /** Which of the forms it is. */
  readonly form: "asterisk";
  /** The target as sent. */
  readonly raw: string;
}

/** The target of a request, in one of the four forms. */
export type RequestTarget = OriginForm | AbsoluteForm | AuthorityForm | AsteriskForm;

/** Rules for targets. */
export interface RequestTargetOptions {
  /** Whether CONNECT may name a destination. */
  readonly proxyMode: boolean;
  /** Whether octets that RFC 3986 excludes, but some clients send, are rejected. */
  readonly strictMode: boolean;
}

/** The octets that the two parts of a target may have. */
export interface TargetOctets {
  /** Octets of a path, without the `?` that ends it. */
  readonly path: Uint8Array;
  /** Octets of a query, and of a target whose parts are not known yet. */
  readonly query: Uint8Array;
}

// A fragment is never sent. Some readers, `new URL` among them, take a backslash in a path for a slash.
const LENIENT_QUERY = tableWithout(visibleTable(), "#");
const LENIENT: TargetOctets = {
  path: tableWithout(LENIENT_QUERY, "?\\"),
  query: LENIENT_QUERY,
};

// Browsers send `\ ^ ` { | }` in queries as they are, and `|` in paths.
const STRICT_QUERY = tableWithout(LENIENT_QUERY, '"<>');
const STRICT: TargetOctets = {
  path: tableWithout(STRICT_QUERY, "?\\^`{}"),
  query: STRICT_QUERY,
};

/** The octets that a target may have.
 *
 * @param strictMode whether to follow RFC 3986 where some clients do not
 * @returns one table for paths, one for queries */
export function targetOctets(strictMode: boolean): TargetOctets {
  return strictMode ? STRICT : LENIENT;
}

/** Parses a request target.
 *
 * @param method the request's method; two of the forms depend on it
 * @param raw the target as sent
 * @param options rules for targets
 * @returns the target in its form
 * @throws {ProtocolError} when it has none of the four forms */
export function parseRequestTarget(
  method: string,
  raw: string,
  options: RequestTargetOptions,
): RequestTarget {
  if (method === "CONNECT") return parseAuthorityForm(raw, options);
  if (raw.startsWith("/")) return parseOriginForm(raw, options);
  if (raw === "*") return parseAsteriskForm(method);
  return parseAbsoluteForm(raw, options);
}

/** Splits an origin-form target whose octets have been checked.
 *
 * @param raw the target as sent
 * @param mark index of its first `?`; -1 without one */
export function originForm(raw: string, mark: number): OriginForm {
  if (mark === -1) return { form: "origin", raw, path: raw, query: "" };
  return { form: "origin", raw, path: raw.substring(0, mark), query: raw.substring(mark + 1) };
}

function parseOriginForm(raw: string, { strictMode }: RequestTargetOptions): OriginForm {
  const { path, query } = splitPath(raw, 0, strictMode, raw);
  return { form: "origin", raw, path, query };
}

function parseAsteriskForm(method: string): AsteriskForm {
  if (method === "OPTIONS") return { form: "asterisk", raw: "*" };
  fail("RFC 9112 §3.2.4", `"*" is for OPTIONS only, not for ${quoted(method)}`);
}

function parseAuthorityForm(raw: string, { proxyMode }: RequestTargetOptions): AuthorityForm {
  // RFC 9110 §9.3.6: a CONNECT without a port, or with an empty one, is to be rejected.
  if (!proxyMode || parseHost(raw)?.port === undefined) {
    fail("RFC 9112 §3.2.3", `expected host:port, got ${quoted(raw)}`);
  }
  return { form: "authority", raw, authority: raw };
}

function parseAbsoluteForm(raw: string, { strictMode }: RequestTargetOptions): AbsoluteForm {
  const schemeEnd = raw.indexOf("://");
  const scheme = schemeEnd === -1 ? undefined : knownScheme(raw.slice(0, schemeEnd));
  if (scheme === undefined) {
    fail("RFC 9112 §3.2", `expected a path or an http or https URI, got ${quoted(raw)}`);
  }
  const begin = schemeEnd + 3;
  const end = authorityEnd(raw, begin);
  const authority = raw.slice(begin, end);
  if (!isHost(authority)) {
    fail("RFC 9110 §4.2.1", `its authority is not a host with or without a port: ${quoted(raw)}`);
  }
  const { path, query } = splitPath(raw, end, strictMode, raw);
  return { form: "absolute", raw, scheme, authority, path: path === "" ? "/" : path, query };
}

function knownScheme(text: string): "http" | "https" | undefined {
  if (equalsIgnoringCase(text, "http")) return "http";
  if (equalsIgnoringCase(text, "https")) return "https";
}

function authorityEnd(raw: string, begin: number): number {
  let at = begin;
  while (at < raw.length && AUTHORITY_END[raw.charCodeAt(at)] !== 1) at++;
  return at;
}

const AUTHORITY_END = tableOf("/?");

/** Splits at the first `?` and checks the octets on both sides. */
function splitPath(
  text: string,
  from: number,
  strictMode: boolean,
  raw: string,
): { path: string; query: string } {
  const octets = targetOctets(strictMode);
  let at = from;
  while (at < text.length && octets.path[text.charCodeAt(at)] === 1) at++;
  const path = text.slice(from, at);
  if (at === text.length) return { path, query: "" };
  if (text.charAt(at) !== "?") failAtOctet(raw, text.charAt(at));
  const begin = ++at;
  while (at < text.length && octets.query[text.charCodeAt(at)] === 1) at++;
  if (at < text.length) failAtOctet(raw, text.charAt(at));
  return { path, query: text.slice(begin) };
}

function failAtOctet(raw: string, character: string): never {
  fail("RFC 3986 §3", `${quoted(raw)} has ${quoted(character)} where none may be`);
}

function fail(clause: string, detail: string): never {
  throw new ProtocolError("malformed-target", 400, clause, `Cannot read request target: ${detail}`);
}
