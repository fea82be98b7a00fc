// The head of a request as text for the wire between threads: first what every application wants to know,
// then what few ask for, last what most requests have in common, which is read only once. Lines are
// separated by LF, which no part of a head can hold: the parser has refused it.

import type { Exchange } from "../../exchange/exchange.ts";
import { FieldSection } from "../../http1/field_section.ts";
import type { Framing } from "../../http1/framing.ts";
import type { RequestHead } from "../../http1/request_head.ts";
import { originForm, parseRequestTarget, type RequestTarget } from "../../http1/request_target.ts";
import type { Address } from "../../io/address.ts";
import type { PeerCredentials } from "../../io/peer_credentials.ts";
import type { TlsInfo } from "../../tls/tls_info.ts";
import { ParseCache } from "./parse_cache.ts";

/** Writes what a worker has to know of a request. */
export function encodeRequest(exchange: Exchange): string {
  const { head: { method, target }, mountPath, requestId, queueTime } = exchange;
  return `${method}\n${target.raw}\n${mountPath}\n${requestId}\n${queueTime}\n${
    encodeRest(exchange)
  }`;
}

/** Lines of what few ask for, and of what most have in common before its field lines. */
const RARE_LINES = 4;
const COMMON_LINES = 4;

/** What a worker knows of a request before it looks at the content. */
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
    const common = this.#common = commons.get(text.slice(rareEnd + 1));
    this.mountPath = text.slice(targetEnd + 1, mountPathEnd);
    this.#rareText = text.slice(mountPathEnd + 1, rareEnd);
    this.head = {
      method,
      target: targetOf(method, text.slice(methodEnd + 1, targetEnd)),
      minorVersion: common.minorVersion,
      protocol: common.protocol,
      fields: common.fields,
      authority: common.authority,
      framing,
      persistent: false,
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

  get remoteAddr(): Address {
    return decodeAddress(this.#line(2));
  }

  get tls(): TlsInfo | undefined {
    return decodePeerIdentity(this.#line(3)).tls;
  }

  get peer(): PeerCredentials | undefined {
    return decodePeerIdentity(this.#line(3)).peer;
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
  readonly authority: string;
  readonly localAddr: Address;
  readonly fields: FieldSection;
}

const commons = new ParseCache((text): Common => {
  const end = endOfLines(text, 0, COMMON_LINES);
  const [scheme, protocol, authority, localAddr] = text.slice(0, end).split("\n");
  return {
    scheme: scheme === "https" ? "https" : "http",
    protocol,
    minorVersion: protocol === "HTTP/1.0" ? 0 : 1,
    authority,
    localAddr: decodeAddress(localAddr),
    fields: FieldSection.ofLines(text.slice(end + 1)),
  };
});

/** What is the same for most requests of a connection. */
type Rest =
  & Pick<Exchange, "remoteAddr" | "localAddr" | "scheme" | "tls" | "peer">
  & Pick<RequestHead, "fields" | "authority" | "protocol">;

/** The last ones and their texts, each at a place that the client's port tells: finding one must cost less
 * than writing it again. */
const kept: ({ readonly rest: Rest; readonly text: string } | undefined)[] = new Array(256)
  .fill(undefined);
/** Characters of the longest text that is kept. */
const LONGEST_KEPT = 1024;

function encodeRest(exchange: Exchange): string {
  const { remoteAddr, localAddr, scheme, tls, peer, head: { fields, authority, protocol } } =
    exchange;
  const place = "port" in remoteAddr ? remoteAddr.port % kept.length : 0;
  const last = kept[place]?.rest;
  if (
    last !== undefined && last.remoteAddr === remoteAddr && last.localAddr === localAddr &&
    last.scheme === scheme && last.tls === tls && last.peer === peer &&
    last.fields === fields && last.authority === authority && last.protocol === protocol
  ) return kept[place]!.text;
  const rest = { remoteAddr, localAddr, scheme, tls, peer, fields, authority, protocol };
  const text = writeRest(rest);
  if (text.length <= LONGEST_KEPT) kept[place] = { rest, text };
  return text;
}

function writeRest(rest: Rest): string {
  const { scheme, remoteAddr, localAddr, protocol, authority, fields } = rest;
  return `${encodeAddress(remoteAddr)}\n${encodePeerIdentity(rest)}\n${scheme}\n${protocol}\n` +
    `${authority}\n${encodeAddress(localAddr)}\n${fields.lines}`;
}

/** It was judged by the server's own rules on the other side. */
function targetOf(method: string, raw: string): RequestTarget {
  return raw.startsWith("/")
    ? originForm(raw, raw.indexOf("?"))
    : parseRequestTarget(method, raw, { proxyMode: true, strictMode: false });
}

/** Where so many lines end. */
function endOfLines(text: string, begin: number, count: number): number {
  let end = begin - 1;
  for (let line = 0; line < count; line++) end = text.indexOf("\n", end + 1);
  return end;
}

/** What the transport vouches for: most connections have neither TLS nor a known peer. */
type PeerIdentity = Partial<Pick<Exchange, "tls" | "peer">>;

/** It is the same for all requests of a connection, and a certificate is long, so it is kept with the
 * connection's own objects. */
function encodePeerIdentity({ tls, peer }: Rest): string {
  const key = tls ?? peer;
  if (key === undefined) return "";
  let sent = written.get(key);
  if (sent === undefined || sent.tls !== tls || sent.peer !== peer) {
    sent = { tls, peer, text: JSON.stringify({ tls, peer }) };
    written.set(key, sent);
  }
  return sent.text;
}

const written = new WeakMap<TlsInfo | PeerCredentials, PeerIdentity & { readonly text: string }>();

/** Whoever asks for one of the two often asks for the other. */
function decodePeerIdentity(text: string): PeerIdentity {
  if (text === "") return NONE;
  if (lastRead.text !== text) lastRead = { text, vouchers: JSON.parse(text) };
  return lastRead.vouchers;
}

const NONE: PeerIdentity = {};
let lastRead: { readonly text: string; readonly vouchers: PeerIdentity } = {
  text: "",
  vouchers: NONE,
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
