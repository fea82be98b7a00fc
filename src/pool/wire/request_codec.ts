// Writes and reads the head of a request as text for the wire between threads: first what every application
// reads, then what few read, last what most requests have in common, which is parsed only once. Lines are
// separated by LF, which no part of a head can hold: the parser has refused it.

import type { Exchange } from "../../exchange/exchange.ts";
import { FieldSection } from "../../http1/field_section.ts";
import type { Framing } from "../../http1/framing.ts";
import type { RequestHead } from "../../http1/request_head.ts";
import { parseConnectionOptions, wantsPersistence } from "../../http1/persistence.ts";
import { originForm, parseRequestTarget, type RequestTarget } from "../../http1/request_target.ts";
import type { Address } from "../../io/address.ts";
import type { PeerCredentials } from "../../io/peer_credentials.ts";
import type { TlsInfo } from "../../tls/tls_info.ts";
import { ParseCache } from "./parse_cache.ts";

/** Writes what a worker needs of a request. */
export function encodeRequest(exchange: Exchange): string {
  const { head: { method, target }, mountPath, requestId, queueTime } = exchange;
  const { traceparent = "" } = exchange;
  return `${method}\n${target.raw}\n${mountPath}\n${requestId}\n${queueTime}\n${traceparent}\n${
    encodeCommon(exchange)
  }`;
}

/** Lines of what few applications read, and of what most requests have in common before the field lines. */
const RARE_LINES = 5;
const COMMON_LINES = 4;

/** A request without its content, inside a worker. */
export class DecodedRequest {
  readonly head: RequestHead;
  /** See {@linkcode Exchange.mountPath}. */
  readonly mountPath: string;
  readonly #common: Common;
  readonly #rareText: string;
  #rare: string[] | undefined;

  /** Reads what {@linkcode encodeRequest} wrote.
   *
   * @param text what was written
   * @param framing how the content is delimited on this side of the wire */
  constructor(text: string, framing: Framing) {
    const methodEnd = text.indexOf("\n");
    const targetEnd = text.indexOf("\n", methodEnd + 1);
    const mountPathEnd = text.indexOf("\n", targetEnd + 1);
    const rareEnd = endOfLines(text, mountPathEnd + 1, RARE_LINES);
    const method = text.slice(0, methodEnd);
    const common = this.#common = commonCache.get(text.slice(rareEnd + 1));
    this.mountPath = text.slice(targetEnd + 1, mountPathEnd);
    this.#rareText = text.slice(mountPathEnd + 1, rareEnd);
    this.head = {
      method,
      target: decodeTarget(method, text.slice(methodEnd + 1, targetEnd)),
      minorVersion: common.minorVersion,
      protocol: common.protocol,
      fields: common.fields,
      authority: common.authority,
      framing,
      persistent: common.persistent,
      expectContinue: false,
      unknownExpectation: false,
    };
  }

  get scheme(): "http" | "https" {
    return this.#common.scheme;
  }

  get localAddr(): Address {
    return this.#common.localAddr;
  }

  get requestId(): string {
    return this.#line(0);
  }

  /** Milliseconds that the exchange waited for a worker. */
  get queueTime(): number {
    return Number(this.#line(1));
  }

  /** See {@linkcode Exchange.traceparent}. */
  get traceparent(): string | undefined {
    return this.#line(2) || undefined;
  }

  get remoteAddr(): Address {
    return decodeAddress(this.#line(3));
  }

  get tls(): TlsInfo | undefined {
    return decodePeerIdentity(this.#line(4)).tls;
  }

  get peer(): PeerCredentials | undefined {
    return decodePeerIdentity(this.#line(4)).peer;
  }

  #line(index: number): string {
    return (this.#rare ??= this.#rareText.split("\n"))[index];
  }
}

/** What most requests have in common. */
interface Common {
  readonly scheme: "http" | "https";
  readonly protocol: string;
  readonly minorVersion: 0 | 1;
  readonly persistent: boolean;
  readonly authority: string;
  readonly localAddr: Address;
  readonly fields: FieldSection;
}

const commonCache = new ParseCache((text): Common => {
  const end = endOfLines(text, 0, COMMON_LINES);
  const [scheme, protocol, authority, localAddr] = text.slice(0, end).split("\n");
  const minorVersion = protocol === "HTTP/1.0" ? 0 : 1;
  const fields = FieldSection.ofLines(text.slice(end + 1));
  const options = parseConnectionOptions(fields.get("connection") ?? "");
  return {
    scheme: scheme === "https" ? "https" : "http",
    protocol,
    minorVersion,
    persistent: wantsPersistence(minorVersion, options),
    authority,
    localAddr: decodeAddress(localAddr),
    fields,
  };
});

/** The same for most requests of a connection. */
type ConnectionFacts =
  & Pick<Exchange, "remoteAddr" | "localAddr" | "scheme" | "tls" | "peer">
  & Pick<RequestHead, "fields" | "authority" | "protocol">;

/** The last ones and their texts, each at an index that the client's port gives: finding one must cost less
 * than writing it again. */
const cachedCommon: (CachedCommon | undefined)[] = new Array(256).fill(undefined);

interface CachedCommon {
  readonly facts: ConnectionFacts;
  readonly text: string;
}

/** Longest text that is cached. */
const MAX_CACHED_LENGTH = 1024;

function encodeCommon(exchange: Exchange): string {
  const { remoteAddr, localAddr, scheme, tls, peer, head: { fields, authority, protocol } } =
    exchange;
  const index = "port" in remoteAddr ? remoteAddr.port % cachedCommon.length : 0;
  const last = cachedCommon[index]?.facts;
  if (
    last !== undefined && last.remoteAddr === remoteAddr && last.localAddr === localAddr &&
    last.scheme === scheme && last.tls === tls && last.peer === peer &&
    last.fields === fields && last.authority === authority && last.protocol === protocol
  ) return cachedCommon[index]!.text;
  const facts = { remoteAddr, localAddr, scheme, tls, peer, fields, authority, protocol };
  const text = writeCommon(facts);
  if (text.length <= MAX_CACHED_LENGTH) cachedCommon[index] = { facts, text };
  return text;
}

function writeCommon(facts: ConnectionFacts): string {
  const { scheme, remoteAddr, localAddr, protocol, authority, fields } = facts;
  return `${encodeAddress(remoteAddr)}\n${encodePeerIdentity(facts)}\n${scheme}\n${protocol}\n` +
    `${authority}\n${encodeAddress(localAddr)}\n${fields.lines}`;
}

/** The other side has checked it by the server's own rules. */
function decodeTarget(method: string, raw: string): RequestTarget {
  return raw.startsWith("/")
    ? originForm(raw, raw.indexOf("?"))
    : parseRequestTarget(method, raw, { proxyMode: true, strictMode: false });
}

/** The index at which so many lines end. */
function endOfLines(text: string, begin: number, count: number): number {
  let end = begin - 1;
  for (let line = 0; line < count; line++) end = text.indexOf("\n", end + 1);
  return end;
}

/** The identity of the client as the transport knows it: most connections have neither TLS nor a known
 * peer. */
type PeerIdentity = Partial<Pick<Exchange, "tls" | "peer">>;

/** The text is the same for all requests of a connection, and a certificate is long, so it is cached by the
 * connection's own objects. */
function encodePeerIdentity({ tls, peer }: ConnectionFacts): string {
  const key = tls ?? peer;
  if (key === undefined) return "";
  let sent = encodedIdentities.get(key);
  if (sent === undefined || sent.tls !== tls || sent.peer !== peer) {
    sent = { tls, peer, text: JSON.stringify({ tls, peer }) };
    encodedIdentities.set(key, sent);
  }
  return sent.text;
}

const encodedIdentities = new WeakMap<
  TlsInfo | PeerCredentials,
  PeerIdentity & { readonly text: string }
>();

/** An application that reads one of the two often reads the other. */
function decodePeerIdentity(text: string): PeerIdentity {
  if (text === "") return NO_IDENTITY;
  if (lastIdentity.text !== text) lastIdentity = { text, identity: JSON.parse(text) };
  return lastIdentity.identity;
}

const NO_IDENTITY: PeerIdentity = {};
let lastIdentity: { readonly text: string; readonly identity: PeerIdentity } = {
  text: "",
  identity: NO_IDENTITY,
};

function encodeAddress(address: Address): string {
  if ("hostname" in address) return `${address.hostname} ${address.port}`;
  return JSON.stringify(address);
}

function decodeAddress(text: string): Address {
  if (text.startsWith("{")) return JSON.parse(text);
  const space = text.lastIndexOf(" ");
  const [hostname, port] = [text.slice(0, space), Number(text.slice(space + 1))];
  return { transport: "tcp", hostname, port };
}
