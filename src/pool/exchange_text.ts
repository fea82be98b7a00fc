// Heads of requests and answers as text for the wire between threads. Lines are separated by LF, which
// no part of a head can hold: the parser refused it in requests, and answers are checked here.

import { FieldSection } from "../http1/field_section.ts";
import type { Framing } from "../http1/framing.ts";
import { ProtocolError, type ProtocolErrorCode } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import { parseRequestTarget } from "../http1/request_target.ts";
import type { Field, ResponseHead } from "../http1/response_head.ts";
import {
  expectCopiedField,
  expectField,
  expectFinalStatus,
  expectInterimStatus,
  expectPhrase,
} from "../http1/response_rules.ts";
import type { Address } from "../io/address.ts";
import { Memory } from "./memory.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";
import type { TlsInfo } from "../tls/tls_info.ts";
import type { Exchange } from "../exchange.ts";

/** What a worker knows of a request before it looks at the content. */
export interface RequestText {
  readonly requestId: string;
  readonly scheme: "http" | "https";
  readonly remoteAddr: Address;
  readonly localAddr: Address;
  /** Milliseconds that the exchange waited for a worker. */
  readonly queueTime: number;
  /** See {@linkcode Exchange.mountPath}. */
  readonly mountPath: string;
  readonly tls: TlsInfo | undefined;
  readonly peer: PeerCredentials | undefined;
  readonly head: RequestHead;
}

/** Lines before the field lines. */
const REQUEST_LINES = 11;

/** Writes what a worker has to know of a request. */
export function encodeRequest(exchange: Exchange, queueTime: number): string {
  const { head } = exchange;
  return `${exchange.requestId}\n${head.method}\n${head.target.raw}\n${head.protocol}\n` +
    `${head.authority}\n${exchange.scheme}\n${encodeAddress(exchange.remoteAddr)}\n` +
    `${encodeAddress(exchange.localAddr)}\n${queueTime}\n${exchange.mountPath}\n` +
    `${encodeVouchers(exchange)}\n${head.fields.lines}`;
}

/** Reads what {@linkcode encodeRequest} wrote.
 *
 * @param text what was written
 * @param framing how the content is delimited on this side of the wire */
export function decodeRequest(text: string, framing: Framing): RequestText {
  const end = endOfLine(text, REQUEST_LINES);
  const lines = text.slice(0, end).split("\n");
  const [requestId, method, target, protocol, authority, scheme] = lines;
  const [remote, local, queueTime, mountPath, vouchers] = lines.slice(6);
  return {
    requestId,
    scheme: scheme === "https" ? "https" : "http",
    remoteAddr: decodeAddress(remote),
    localAddr: decodeAddress(local),
    queueTime: Number(queueTime),
    mountPath,
    // A certificate is long, and most applications do not ask.
    get tls() {
      return decodeVouchers(vouchers).tls;
    },
    get peer() {
      return decodeVouchers(vouchers).peer;
    },
    head: {
      method,
      // It was judged by the server's own rules on the other side.
      target: parseRequestTarget(method, target, { proxyMode: true, strictMode: false }),
      minorVersion: protocol === "HTTP/1.0" ? 0 : 1,
      protocol,
      fields: sections.recall(text.slice(end + 1)),
      authority,
      framing,
      persistent: false,
      expectContinue: false,
      unknownExpectation: false,
    },
  };
}

/** Writes the head of a final answer. The rules that the server writes it by are asked already here,
 * where the application's gateway can still answer for what breaks them.
 *
 * @throws {TypeError} when a part of it cannot be sent */
export function encodeAnswer(head: ResponseHead): string {
  expectFinalStatus(head.status);
  if (head.statusText) expectPhrase(head.statusText);
  let declared: number | undefined;
  return encodeHead(head, (name, value) => declared = expectField(name, value, declared));
}

/** Writes an interim response, by the rules for these.
 *
 * @throws {TypeError} when a part of it cannot be sent */
export function encodeInterim(status: number, fields: Iterable<Field>): string {
  expectInterimStatus(status);
  return encodeHead({ status, fields }, expectCopiedField);
}

function encodeHead(head: ResponseHead, check: (name: string, value: string) => void): string {
  let text = `${head.status}\n${singleLine(head.statusText ?? "", "reason phrase")}`;
  for (const [name, value] of head.fields) {
    check(name, value);
    text += `\n${singleLine(name, "field name")}\n${singleLine(value, `field ${name}`)}`;
  }
  return text;
}

/** Reads what {@linkcode encodeAnswer} or {@linkcode encodeInterim} wrote. */
export function decodeResponse(text: string): ResponseHead {
  return responses.recall(text);
}

function readResponse(text: string): ResponseHead {
  const lines = text.split("\n");
  const fields: Field[] = [];
  for (let i = 2; i < lines.length; i += 2) fields.push([lines[i], lines[i + 1]]);
  return { status: Number(lines[0]), statusText: lines[1], fields };
}

/** Writes why content could not be read. */
export function encodeFailure(error: ProtocolError): string {
  return JSON.stringify([error.code, error.status, error.clause, error.message]);
}

/** Reads what {@linkcode encodeFailure} wrote. */
export function decodeFailure(text: string): ProtocolError {
  const [code, status, clause, message] = JSON.parse(text);
  return new ProtocolError(code as ProtocolErrorCode, status, clause, message);
}

function endOfLine(text: string, count: number): number {
  let end = -1;
  for (let line = 0; line < count; line++) end = text.indexOf("\n", end + 1);
  return end;
}

const sections = new Memory((lines) => FieldSection.ofLines(lines));
const responses = new Memory(readResponse);

/** What the transport vouches for: most connections have neither TLS nor a known peer. */
type Vouchers = Partial<Pick<RequestText, "tls" | "peer">>;

/** It is the same for all requests of a connection, and a certificate is long, so it is kept with the
 * connection's own objects. */
function encodeVouchers({ tls, peer }: Exchange): string {
  const key = tls ?? peer;
  if (key === undefined) return "";
  let sent = written.get(key);
  if (sent === undefined || sent.tls !== tls || sent.peer !== peer) {
    sent = { tls, peer, text: JSON.stringify({ tls, peer }) };
    written.set(key, sent);
  }
  return sent.text;
}

const written = new WeakMap<TlsInfo | PeerCredentials, Vouchers & { readonly text: string }>();

/** Whoever asks for one of the two often asks for the other. */
function decodeVouchers(text: string): Vouchers {
  if (text === "") return NONE;
  if (lastRead.text !== text) lastRead = { text, vouchers: JSON.parse(text) };
  return lastRead.vouchers;
}

const NONE: Vouchers = {};
let lastRead: { readonly text: string; readonly vouchers: Vouchers } = { text: "", vouchers: NONE };

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

function singleLine(text: string, what: string): string {
  if (!text.includes("\n")) return text;
  throw new TypeError(
    `Cannot send ${what}: it holds a line end, got ${JSON.stringify(text.slice(0, 64))}`,
  );
}
