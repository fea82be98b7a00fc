// Compression of messages (RFC 7692): which offer of a client is accepted, and the codec of an agreement.
// Neither side keeps its window from message to message. An idle socket then keeps nothing for it, where a
// window and the state of zlib take up to 300 KiB.

import process from "node:process";
import { FrameError, type Inflate } from "./frames.ts";

/** What client and server have agreed on. */
export interface Agreement {
  /** The element of Sec-WebSocket-Extensions. */
  readonly text: string;
  /** Binary logarithm of the window of the server's messages. */
  readonly windowBits: number;
}

/** A message with fewer octets is sent as it is: it gets little smaller, and zlib takes some dozen
 * microseconds to begin. */
export const LEAST_DEFLATED = 1024;

/** A sync flush ends in these octets, which are not sent (RFC 7692 §7.2.1). */
const TAIL_LENGTH = 4;

/** Chooses among the offers of a client, in its order of preference (RFC 7692 §5).
 *
 * @param value the field Sec-WebSocket-Extensions
 * @returns undefined when none can be accepted */
export function agreeOnDeflate(value: string | undefined): Agreement | undefined {
  const offers = value === undefined ? undefined : parseExtensions(value);
  for (const { name, parameters } of offers ?? []) {
    const agreement = name === "permessage-deflate" ? accept(parameters) : undefined;
    if (agreement !== undefined) return agreement;
  }
}

/** Deflates a message.
 *
 * @returns undefined when that does not make it smaller */
export function deflate(octets: Uint8Array, { windowBits }: Agreement): Uint8Array | undefined {
  const { constants, deflateRawSync } = zlib();
  const deflated = deflateRawSync(octets, { windowBits, finishFlush: constants.Z_SYNC_FLUSH });
  const length = deflated.length - TAIL_LENGTH;
  return length < octets.length ? deflated.subarray(0, length) : undefined;
}

/** Inflates a message, and stops as soon as it has too many octets. */
export const inflate: Inflate = (octets, most) => {
  const { constants, inflateRawSync } = zlib();
  try {
    // A flush gives all output without the tail that the client has left out.
    const finishFlush = constants.Z_SYNC_FLUSH;
    const { buffer, byteOffset, length } = inflateRawSync(octets, {
      maxOutputLength: most,
      finishFlush,
    });
    // A Buffer is a view of a larger piece, and its `slice` is another one.
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw new FrameError(1009, "RFC 6455 §7.4.1", `Message is larger than ${most} octets`);
    }
    throw new FrameError(1007, "RFC 7692 §7.2.2", "Message cannot be inflated");
  }
};

/** Loaded at the first use: it takes milliseconds, and few servers compress. */
function zlib(): typeof import("node:zlib") {
  return process.getBuiltinModule("node:zlib");
}

interface Extension {
  readonly name: string;
  readonly parameters: readonly (readonly [name: string, value: string | undefined])[];
}

/** RFC 7692 §7.1: an offer is declined for a parameter that is unknown, repeated, or has a wrong value. */
function accept(parameters: Extension["parameters"]): Agreement | undefined {
  let windowBits = 15;
  let bitsAsked = false;
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    switch (name) {
      case "server_no_context_takeover":
      case "client_no_context_takeover":
        if (value !== undefined) return undefined;
        break;
      case "server_max_window_bits":
        if (!isWindow(value) || value === "8") return undefined; // zlib has no such window
        windowBits = Number(value);
        bitsAsked = true;
        break;
      case "client_max_window_bits":
        if (value !== undefined && !isWindow(value)) return undefined;
        break; // any window of the client is inflated
      default:
        return undefined;
    }
  }
  const bits = bitsAsked ? `; server_max_window_bits=${windowBits}` : "";
  const text = `permessage-deflate; server_no_context_takeover; client_no_context_takeover${bits}`;
  return { text, windowBits };
}

function isWindow(value: string | undefined): value is string {
  return value !== undefined && /^([89]|1[0-5])$/.test(value);
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** A parameter. A quoted value is a token too, once it is unquoted (RFC 6455 §9.1). */
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(${TOKEN})(?:=(?:(${TOKEN})|"(${TOKEN})"))?`, "y");
const NAME = new RegExp(`[ \\t]*(${TOKEN})`, "y");
const END = /[ \t]*(,|$)/y;

/** Parses Sec-WebSocket-Extensions (RFC 6455 §9.1).
 *
 * @returns undefined when it is malformed */
function parseExtensions(value: string): Extension[] | undefined {
  const extensions: Extension[] = [];
  for (let at = 0; at < value.length;) {
    const take = (pattern: RegExp) => {
      pattern.lastIndex = at;
      const match = pattern.exec(value);
      if (match !== null) at = pattern.lastIndex;
      return match;
    };
    const name = take(NAME)?.[1];
    if (name === undefined) return undefined;
    const parameters: [string, string | undefined][] = [];
    for (let match; (match = take(PARAMETER)) !== null;) {
      parameters.push([match[1].toLowerCase(), match[2] ?? match[3]]);
    }
    if (take(END) === null) return undefined;
    extensions.push({ name: name.toLowerCase(), parameters });
  }
  return extensions;
}
