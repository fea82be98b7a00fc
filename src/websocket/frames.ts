// The frames of WebSocket (RFC 6455 §5) as pure functions: octets of a client in, messages and control frames
// out; messages in, the frames of a server out. No socket, no clock.

import { TextDecoder, TextEncoder } from "../io/platform.ts";

/** Opcodes of RFC 6455 §11.8. */
export const Opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** Largest payload of a control frame (RFC 6455 §5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

/** What a client sends. */
export type FrameEvent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly octets: Uint8Array<ArrayBuffer> }
  | { readonly kind: "ping" | "pong"; readonly octets: Uint8Array<ArrayBuffer> }
  /** The code is 1005 when the frame had none. */
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/** The client broke the protocol or a limit. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  /** Code of the close frame that tells it (RFC 6455 §7.4.1). */
  readonly code: 1002 | 1007 | 1009;

  /** @param code code of the close frame
   * @param clause where the rule stands
   * @param message what is wrong */
  constructor(code: 1002 | 1007 | 1009, clause: string, message: string) {
    super(`${message} (${clause})`);
    this.code = code;
  }
}

/** Gives the message that a deflated one stands for.
 *
 * @param octets the payload of its frames
 * @param most octets that it may have
 * @throws {FrameError} when it has more, or the octets are faulty */
export type Inflate = (octets: Uint8Array<ArrayBuffer>, most: number) => Uint8Array<ArrayBuffer>;

const LARGEST_HEAD = 14;
const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);
/** Bit 1 of the reserved ones: the message is deflated (RFC 7692 §6). */
const DEFLATED = 0x40;

/** Reads the frames of one client. */
export class FrameReader {
  readonly #maxMessage: number;
  readonly #inflate: Inflate | undefined;
  /** The beginning of a head that is not complete. Most heads come whole. */
  #headOctets: Uint8Array | undefined;
  #headLength = 0;
  /** Whether payload of a frame is to come. */
  #inFrame = false;
  #final = false;
  #frameOpcode = 0;
  #length = 0;
  /** The first octet of the mask is the lowest. */
  #mask = 0;
  /** Octets of the payload that have come. */
  #received = 0;
  /** Payload of a control frame that is not complete. */
  #control = EMPTY;
  /** Opcode of the message that is not complete. */
  #opcode: number | undefined;
  /** Whether that message is deflated. */
  #deflated = false;
  /** The storage of that message, and how much of it is used. */
  #message = EMPTY;
  #messageLength = 0;
  /** Checks UTF-8 across frames. */
  #decoder: TextDecoder | undefined;
  #closed = false;

  /** @param maxMessage octets of the largest message
   * @param inflate inflates messages, where that was agreed on */
  constructor(maxMessage: number, inflate?: Inflate) {
    this.#maxMessage = maxMessage;
    this.#inflate = inflate;
  }

  /** Octets of memory for a message that has come in part. */
  get kept(): number {
    return this.#message.length;
  }

  /** Reads octets; they are changed, and not kept.
   *
   * @param octets the next octets of the client
   * @param emit takes what they complete
   * @throws {FrameError} when the client broke the protocol or the limit */
  read(octets: Uint8Array<ArrayBuffer>, emit: (event: FrameEvent) => void): void {
    for (let at = 0; at < octets.length && !this.#closed;) {
      if (!this.#inFrame) {
        const size = this.#takeHead(octets, at);
        if (size === 0) return;
        at += size;
      }
      const end = Math.min(octets.length, at + this.#length - this.#received);
      const part = octets.subarray(at, end);
      unmask(part, this.#mask, this.#received);
      this.#received += part.length;
      at = end;
      this.#takePayload(part, emit);
    }
  }

  /** Takes the head of a frame.
   *
   * @returns how many of the octets belong to it; 0 when it is not complete, and all of them are kept */
  #takeHead(octets: Uint8Array, at: number): number {
    let size = 0;
    if (this.#headLength === 0 && this.#parseHead(octets, at, octets.length - at) > 0) {
      size = 6 + lengthOctets(octets[at + 1]);
    } else {
      const head = this.#headOctets ??= new Uint8Array(LARGEST_HEAD);
      let complete = false;
      for (; at + size < octets.length && !complete; size++) {
        head[this.#headLength++] = octets[at + size];
        complete = this.#parseHead(head, 0, this.#headLength) > 0;
      }
      if (!complete) return 0;
      this.#headOctets = undefined;
    }
    this.#headLength = this.#received = 0;
    this.#inFrame = true;
    return size;
  }

  /** Parses a head, and checks what has come of it.
   *
   * @param start where it begins
   * @param count how many octets of it there are at most
   * @returns its size; 0 when it is not complete */
  #parseHead(octets: Uint8Array, start: number, count: number): number {
    const first = octets[start];
    this.#checkFirstOctet(first);
    if (count < 2) return 0;
    const second = octets[start + 1];
    const opcode = first & 0x0f;
    if ((second & 0x80) === 0) fail(1002, "RFC 6455 §5.1", "Frame of the client has no mask");
    if (opcode >= Opcode.close && (second & 0x7f) > MAX_CONTROL_PAYLOAD) {
      fail(1002, "RFC 6455 §5.5", "Control frame is longer than 125 octets");
    }
    const more = lengthOctets(second);
    if (count < 2 + more) return 0;
    const length = more === 0 ? second & 0x7f : longLength(octets, start + 2, more);
    if (opcode < Opcode.close && this.#messageLength + length > this.#largestPayload(first)) {
      fail(1009, "RFC 6455 §7.4.1", `Message is larger than ${this.#maxMessage} octets`);
    }
    if (count < 6 + more) return 0;
    const at = start + 2 + more;
    this.#mask = octets[at] | octets[at + 1] << 8 | octets[at + 2] << 16 | octets[at + 3] << 24;
    this.#final = (first & 0x80) !== 0;
    this.#frameOpcode = opcode;
    this.#length = length;
    if (opcode === Opcode.text || opcode === Opcode.binary) {
      this.#opcode = opcode;
      this.#deflated = (first & DEFLATED) !== 0;
    }
    return 6 + more;
  }

  /** Octets that the frames of a message may have in all. What cannot be deflated grows a little. */
  #largestPayload(first: number): number {
    const deflated = (first & DEFLATED) !== 0 || (this.#opcode !== undefined && this.#deflated);
    return deflated ? this.#maxMessage + this.#maxMessage / 1024 + 64 : this.#maxMessage;
  }

  #checkFirstOctet(octet: number): void {
    const opcode = octet & 0x0f;
    const isData = opcode === Opcode.text || opcode === Opcode.binary;
    const reserved = this.#inflate !== undefined && isData ? 0x30 : 0x70;
    if ((octet & reserved) !== 0) {
      fail(1002, "RFC 6455 §5.2, RFC 7692 §6.1", "Reserved bit of a frame is set");
    }
    if ((opcode > Opcode.binary && opcode < Opcode.close) || opcode > Opcode.pong) {
      fail(1002, "RFC 6455 §5.2", `Opcode ${opcode} of a frame is unknown`);
    }
    if (opcode >= Opcode.close) {
      if ((octet & 0x80) === 0) fail(1002, "RFC 6455 §5.5", "Control frame is fragmented");
    } else if (isData) {
      if (this.#opcode !== undefined) {
        fail(1002, "RFC 6455 §5.4", "Message begins within another");
      }
    } else if (this.#opcode === undefined) {
      fail(1002, "RFC 6455 §5.4", "Continuation frame without a message");
    }
  }

  #takePayload(part: Uint8Array<ArrayBuffer>, emit: (event: FrameEvent) => void): void {
    const complete = this.#received === this.#length;
    if (complete) this.#inFrame = false;
    if (this.#frameOpcode >= Opcode.close) return this.#takeControl(part, complete, emit);
    const whole = complete && this.#final;
    if (!whole || this.#messageLength > 0 || this.#decoder !== undefined) {
      this.#append(part, this.#length - this.#received);
      if (this.#opcode === Opcode.text && !this.#deflated) this.#check(part, !whole);
      if (!whole) return;
      part = this.#message.subarray(0, this.#messageLength);
    } // else all of the message is at hand: it needs no storage
    const isText = this.#opcode === Opcode.text;
    const isKept = this.#message.length > 0;
    const deflated = this.#deflated;
    this.#opcode = this.#decoder = undefined;
    this.#message = EMPTY;
    this.#messageLength = 0;
    const octets = deflated ? this.#inflate!(part, this.#maxMessage) : part;
    if (isText) emit({ kind: "text", text: decode(octets) });
    else emit({ kind: "binary", octets: isKept || deflated ? octets : octets.slice() });
  }

  #takeControl(
    part: Uint8Array<ArrayBuffer>,
    complete: boolean,
    emit: (event: FrameEvent) => void,
  ): void {
    if (this.#received === part.length) this.#control = new Uint8Array(this.#length);
    this.#control.set(part, this.#received - part.length);
    if (!complete) return;
    const octets = this.#control;
    this.#control = EMPTY;
    if (this.#frameOpcode !== Opcode.close) {
      return emit({ kind: this.#frameOpcode === Opcode.ping ? "ping" : "pong", octets });
    }
    this.#closed = true; // RFC 6455 §5.5.1: nothing counts behind it
    emit({ kind: "close", ...closeOf(octets) });
  }

  /** Keeps a part of a message. The storage grows with what has come and not with what was announced. */
  #append(part: Uint8Array, rest: number): void {
    const length = this.#messageLength + part.length;
    if (length > this.#message.length) {
      const known = length + rest;
      const larger = new Uint8Array(Math.max(length, Math.min(2 * length, known), 128));
      larger.set(this.#message.subarray(0, this.#messageLength));
      this.#message = larger;
    }
    this.#message.set(part, this.#messageLength);
    this.#messageLength = length;
  }

  #check(part: Uint8Array<ArrayBuffer>, stream: boolean): void {
    this.#decoder ??= strictDecoder();
    try {
      this.#decoder.decode(part, { stream });
    } catch {
      failUtf8();
    }
  }
}

/** Writes a frame of a server, with the length in its shortest form and without a mask.
 *
 * @param deflated whether the payload is that of a deflated message */
export function encodeFrame(
  opcode: number,
  payload: Uint8Array,
  deflated: boolean = false,
): Uint8Array<ArrayBuffer> {
  const size = headSize(payload.length);
  const frame = new Uint8Array(size + payload.length);
  writeHead(frame, 0, opcode | (deflated ? DEFLATED : 0), payload.length);
  frame.set(payload, size);
  return frame;
}

/** Octets of the head of a server's frame.
 *
 * @param length octets of its payload */
export function headSize(length: number): number {
  return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}

/** Writes the head of a server's frame.
 *
 * @param target takes {@linkcode headSize} octets
 * @param at where it begins
 * @param opcode its opcode, and bits of extensions
 * @param length octets of its payload */
export function writeHead(target: Uint8Array, at: number, opcode: number, length: number): void {
  target[at] = 0x80 | opcode;
  const size = headSize(length);
  if (size === 2) {
    target[at + 1] = length;
    return;
  }
  target[at + 1] = size === 4 ? 126 : 127;
  for (let i = at + size - 1, rest = length; i > at + 1; i--) {
    target[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Writes a close frame.
 *
 * @param code its code; none in the frame for 1005
 * @param reason at most 123 octets of UTF-8 */
export function encodeClose(code: number, reason = ""): Uint8Array<ArrayBuffer> {
  if (code === 1005) return encodeFrame(Opcode.close, EMPTY);
  const text = encoder.encode(reason);
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return encodeFrame(Opcode.close, payload);
}

/** How many octets behind the second one hold the length. */
function lengthOctets(second: number): number {
  const short = second & 0x7f;
  return short === 126 ? 2 : short === 127 ? 8 : 0;
}

function longLength(octets: Uint8Array, start: number, count: number): number {
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + octets[start + i];
  if (count === 8 && octets[start] > 0x7f) {
    fail(1002, "RFC 6455 §5.2", "Length of a frame has its highest bit set");
  }
  if (length < (count === 2 ? 126 : 0x10000)) {
    fail(1002, "RFC 6455 §5.2", "Length of a frame is not in its shortest form");
  }
  return length;
}

/** Below so many octets the views of words cost more than they save. */
const FEWEST_FOR_WORDS = 128;

/** Takes a mask away.
 *
 * @param mask its first octet is the lowest
 * @param offset octets of the payload before these */
function unmask(octets: Uint8Array, mask: number, offset: number): void {
  const turned = turn(mask, offset);
  const { length } = octets;
  if (length < FEWEST_FOR_WORDS) {
    for (let i = 0; i < length; i++) octets[i] ^= turned >>> ((i & 3) << 3);
    return;
  }
  const before = -octets.byteOffset & 3;
  for (let i = 0; i < before; i++) octets[i] ^= turned >>> (i << 3);
  const words = new Int32Array(octets.buffer, octets.byteOffset + before, (length - before) >> 2);
  const wordMask = turn(turned, before); // all platforms of Deno put the lowest octet first
  for (let i = 0; i < words.length; i++) words[i] ^= wordMask;
  for (let i = before + words.length * 4; i < length; i++) {
    octets[i] ^= turned >>> ((i & 3) << 3);
  }
}

/** The mask as it is for octets so far into the payload. */
function turn(mask: number, offset: number): number {
  const bits = (offset & 3) << 3;
  return bits === 0 ? mask : mask >>> bits | mask << (32 - bits);
}

function closeOf(payload: Uint8Array<ArrayBuffer>): { code: number; reason: string } {
  if (payload.length === 0) return { code: 1005, reason: "" };
  if (payload.length === 1) fail(1002, "RFC 6455 §5.5.1", "Close frame has half a code");
  const code = payload[0] * 256 + payload[1];
  if (!mayBeSent(code)) fail(1002, "RFC 6455 §7.4", `Close frame has the code ${code}`);
  return { code, reason: decode(payload.subarray(2)) };
}

/** Whether a code may be in a close frame (RFC 6455 §7.4, and the registry of IANA). */
function mayBeSent(code: number): boolean {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

function strictDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
}

const wholeDecoder = strictDecoder();
/** Up to this length a loop is faster than a call out of JavaScript. */
const LONGEST_LOOP = 64;

function decode(octets: Uint8Array<ArrayBuffer>): string {
  if (octets.length <= LONGEST_LOOP && isAscii(octets)) {
    return String.fromCharCode.apply(null, octets as unknown as number[]);
  }
  try {
    return wholeDecoder.decode(octets);
  } catch {
    failUtf8();
  }
}

function isAscii(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if (octets[i] > 0x7f) return false;
  return true;
}

function failUtf8(): never {
  fail(1007, "RFC 6455 §8.1", "Text is not UTF-8");
}

function fail(code: 1002 | 1007 | 1009, clause: string, message: string): never {
  throw new FrameError(code, clause, message);
}
