// The server's side of the opening handshake (RFC 6455 §4.2), from the fields of a request.

import { btoa } from "../io/platform.ts";
import { sha1 } from "./sha1.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What the handshake looks at. */
export interface HandshakeRequest {
  readonly method: string;
  readonly minorVersion: number;
  readonly fields: { get(name: string): string | undefined };
}

/** A handshake that the client has done wrong: what it gets as a response. */
export interface HandshakeFault {
  readonly status: 400 | 426;
  readonly fields: readonly (readonly [string, string])[];
  readonly reason: string;
}

/** Finds what is wrong with a request that asks for a WebSocket.
 *
 * @returns undefined when the handshake can be completed */
export function handshakeFault(request: HandshakeRequest): HandshakeFault | undefined {
  const { fields, method, minorVersion } = request;
  if (method !== "GET") return bad("the method is not GET");
  if (minorVersion === 0) return bad("HTTP/1.0 has no upgrades");
  if (fields.get("sec-websocket-version") !== "13") {
    return {
      status: 426,
      fields: [["Upgrade", "websocket"], ["Sec-WebSocket-Version", "13"]],
      reason: "expected version 13 of the protocol",
    };
  }
  const key = fields.get("sec-websocket-key") ?? "";
  return isKey(key) ? undefined : bad("the key is not base64 of 16 octets");
}

/** The value of Sec-WebSocket-Accept for a key. */
export function acceptOf(key: string): string {
  return btoa(String.fromCharCode(...sha1(key + GUID)));
}

/** The subprotocols that a client offers, in its order. */
export function offeredProtocols(value: string | undefined): string[] {
  return (value ?? "").split(",").map((each) => each.trim()).filter((each) => each !== "");
}

function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key);
}

function bad(reason: string): HandshakeFault {
  return { status: 400, fields: [], reason };
}
