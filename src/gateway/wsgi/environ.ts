// Makes the variables that a WSGI application gets of a request, as CGI (RFC 3875) and PEP 3333 name them.
// The gateway adds the objects among them (`wsgi.input`, `wsgi.errors`).

import { TextDecoder, TextEncoder } from "../../io/platform.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { tlsEnviron } from "../../tls/tls_environ.ts";
import type { TlsInfo } from "../../tls/tls_info.ts";
import { VERSION } from "../../version.ts";

/** Version of the convention. In `"1.0"`, PEP 3333, strings are native: one character for each octet, in any
 * encoding of the octets. `"u.0"` is its experimental variant with the path and the query as Unicode. */
export type WsgiVersion = "1.0" | "u.0";

/** The variables of one request; the application may change them. */
export type Environ = Record<string, unknown>;

const SOFTWARE = `Robusto/${VERSION} Server`;

/** Variables that differ between requests of a client which are otherwise the same. */
export const VARYING_NAMES = [
  "REQUEST_METHOD",
  "REMOTE_ADDR",
  "REMOTE_PORT",
  "REQUEST_URI",
  "QUERY_STRING",
  "PATH_INFO",
] as const;

/** The values of these variables, in the same order. Only the last may have a line end in it. */
export function requestVariables(exchange: Exchange): string[] {
  const { head: { method, target }, mountPath, remoteAddr } = exchange;
  const script = scriptNameOf(mountPath);
  return [
    method,
    "hostname" in remoteAddr ? remoteAddr.hostname : "",
    "port" in remoteAddr ? String(remoteAddr.port) : "",
    target.raw,
    "query" in target ? target.query : "",
    withoutPrefix(decodePath(pathOf(exchange)), script),
  ];
}

/** Makes the variables of a request (PEP 3333, "environ Variables"), without the objects among them.
 *
 * @param exchange the request
 * @param version version of the convention, which decides about strings and `wsgi.version`
 * @returns a new record */
export function buildEnviron(exchange: Exchange, version: WsgiVersion): Environ {
  const { head, server, localAddr } = exchange;
  const [method, address, port, uri, query, path] = requestVariables(exchange);
  const environ: Environ = {
    REQUEST_METHOD: method,
    SCRIPT_NAME: scriptNameOf(exchange.mountPath),
    PATH_INFO: path,
    QUERY_STRING: query,
    REQUEST_URI: uri,
    SERVER_NAME: "hostname" in localAddr ? hostOf(localAddr.hostname) : "localhost",
    SERVER_PORT: "port" in localAddr ? String(localAddr.port) : usualPort(exchange.scheme),
    SERVER_PROTOCOL: head.protocol,
    ACTUAL_SERVER_PROTOCOL: server.protocol,
    SERVER_SOFTWARE: server.software ?? SOFTWARE,
    REMOTE_ADDR: address,
    REMOTE_PORT: port,
    "wsgi.version": version === "1.0" ? [1, 0] : ["u", 0],
    "wsgi.url_scheme": exchange.scheme,
    // A read never passes the end of the content, with a declared length and with chunks alike.
    "wsgi.input_terminated": true,
    // Each worker has a copy of the application that no other thread can call.
    "wsgi.multithread": false,
    "wsgi.multiprocess": server.multiprocess,
    "wsgi.run_once": false,
  };
  addFields(environ, exchange);
  addPeer(environ, exchange);
  if (exchange.tls !== undefined) Object.assign(environ, tlsVariables(exchange.tls));
  if (version === "u.0") decodePathAndQuery(environ);
  return environ;
}

function scriptNameOf(mountPath: string): string {
  return mountPath === "" ? "" : decodePath(nativeOf(mountPath));
}

/** A host as in a URL (RFC 3875 §4.1.14): applications make their own URL with it if the client sent no
 * Host. */
function hostOf(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/** The port for a socket that has no port; PEP 3333 forbids an empty one. */
function usualPort(scheme: string): string {
  return scheme === "https" ? "443" : "80";
}

function pathOf({ head: { target } }: Exchange): string {
  switch (target.form) {
    case "origin":
    case "absolute":
      return target.path;
    case "asterisk":
      return "/*"; // as in Cheroot: CGI has no word for the whole server
    case "authority":
      return "";
    default:
      return target satisfies never;
  }
}

/** Decodes a path. An encoded slash stays as it is, or it would begin another segment. */
function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => {
    const code = parseInt(digits, 16);
    return code === 0x2f ? "%2F" : String.fromCharCode(code);
  });
}

/** Makes a native string of ordinary text: one character for each octet of its UTF-8 form. */
function nativeOf(text: string): string {
  // deno-lint-ignore no-control-regex -- it matches ASCII only
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Array.from(new TextEncoder().encode(text), (octet) => String.fromCharCode(octet)).join("");
}

function withoutPrefix(path: string, prefix: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

function addFields(environ: Environ, { head }: Exchange): void {
  const { names, values } = head.fields;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    // `X_User` would become the same key as `X-User`, which a proxy in front may have set.
    if (name.includes("_")) continue;
    const key = keyOf(name);
    const before = environ[key];
    if (before === undefined) environ[key] = values[i];
    else environ[key] = before + (key === "HTTP_COOKIE" ? "; " : ", ") + values[i];
  }
  // RFC 9112 §3.2.2: the authority of an absolute-form target counts, and before it the one that a trusted
  // proxy states; applications make their own URL of HTTP_HOST.
  const { authority, target: { form } } = head;
  if (authority !== "" && form !== "authority") environ.HTTP_HOST = authority;
}

/** Bound on the cache of keys, as clients can send any field name. */
const MOST_KEYS = 256;
const keys = new Map<string, string>();

function keyOf(name: string): string {
  let key = keys.get(name);
  if (key !== undefined) return key;
  key = name.toUpperCase().replaceAll("-", "_");
  if (key !== "CONTENT_TYPE" && key !== "CONTENT_LENGTH") key = `HTTP_${key}`;
  if (keys.size < MOST_KEYS) keys.set(name, key);
  return key;
}

function addPeer(environ: Environ, { peer }: Exchange): void {
  if (peer === undefined) return;
  environ.X_REMOTE_PID = String(peer.pid);
  environ.X_REMOTE_UID = String(peer.uid);
  environ.X_REMOTE_GID = String(peer.gid);
  if (peer.group !== undefined) environ.X_REMOTE_GROUP = nativeOf(peer.group);
  if (peer.user === undefined) return;
  environ.X_REMOTE_USER = environ.REMOTE_USER = nativeOf(peer.user);
}

/** Variables by the TLS of a connection: they are the same for all its requests. */
const tlsOf = new WeakMap<TlsInfo, Readonly<Record<string, string>>>();

function tlsVariables(tls: TlsInfo): Readonly<Record<string, string>> {
  const known = tlsOf.get(tls);
  if (known !== undefined) return known;
  const pairs = tlsEnviron(tls).map(([name, value]): [string, string] => [name, nativeOf(value)]);
  const variables = Object.fromEntries(pairs);
  tlsOf.set(tls, variables);
  return variables;
}

/** Decodes path and query into Unicode: from UTF-8 if all of them are UTF-8, else from Latin-1. */
function decodePathAndQuery(environ: Environ): void {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const names = ["SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"];
  try {
    const decoded = names.map((name) => utf8.decode(octetsOf(environ[name] as string)));
    names.forEach((name, i) => environ[name] = decoded[i]);
    environ["wsgi.url_encoding"] = "utf-8";
  } catch {
    environ["wsgi.url_encoding"] = "ISO-8859-1"; // the encoding of native strings
  }
}

function octetsOf(native: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(native, (character) => character.charCodeAt(0));
}
