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

interface FrameHead {
  readonly final: boolean;
  readonly opcode: number;
  readonly length: number;
  readonly mask: Uint8Array;
}

const LARGEST_HEAD = 14;
const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);

/** Reads the frames of one client. */
export class FrameReader {
  readonly #maxMessage: number;
  readonly #headOctets = new Uint8Array(LARGEST_HEAD);
  #headLength = 0;
  /** The frame of which payload is still to come. */
  #head: FrameHead | undefined;
  /** Octets of its payload that have come. */
  #received = 0;
  /** Payload of a control frame that is not complete. */
  #control = EMPTY;
  /** Opcode of the message that is not complete. */
  #opcode: number | undefined;
  /** The storage of that message, and how much of it is used. */
  #message = EMPTY;
  #messageLength = 0;
  /** Checks UTF-8 across frames. */
  #decoder: TextDecoder | undefined;
  #closed = false;

  /** @param maxMessage octets of the largest message */
  constructor(maxMessage: number) {
    this.#maxMessage = maxMessage;
  }

  /** Reads octets; they are changed.
   *
   * @param octets the next octets of the client
   * @param emit takes what they complete
   * @throws {FrameError} when the client broke the protocol or the limit */
  read(octets: Uint8Array<ArrayBuffer>, emit: (event: FrameEvent) => void): void {
    for (let at = 0; at < octets.length && !this.#closed;) {
      if (this.#head === undefined) {
        this.#headOctets[this.#headLength++] = octets[at++];
        this.#head = this.#parseHead();
        if (this.#head === undefined) continue;
        this.#headLength = this.#received = 0;
        this.#checkOrder(this.#head);
      }
      const end = Math.min(octets.length, at + this.#head.length - this.#received);
      const part = octets.subarray(at, end);
      unmask(part, this.#head.mask, this.#received);
      this.#received += part.length;
      at = end;
      this.#takePayload(this.#head, part, emit);
    }
  }

  #parseHead(): FrameHead | undefined {
    const octets = this.#headOctets;
    if (this.#headLength < 2) {
      checkFirstOctet(octets[0]);
      return undefined;
    }
    const opcode = octets[0] & 0x0f;
    const short = octets[1] & 0x7f;
    if ((octets[1] & 0x80) === 0) fail(1002, "RFC 6455 §5.1", "Frame of the client has no mask");
    if (opcode >= Opcode.close && short > MAX_CONTROL_PAYLOAD) {
      fail(1002, "RFC 6455 §5.5", "Control frame is longer than 125 octets");
    }
    const lengthOctets = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (this.#headLength < 2 + lengthOctets) return undefined;
    const length = lengthOctets === 0 ? short : longLength(octets, lengthOctets);
    if (opcode < Opcode.close && this.#messageLength + length > this.#maxMessage) {
      fail(1009, "RFC 6455 §7.4.1", `Message is larger than ${this.#maxMessage} octets`);
    }
    if (this.#headLength < 6 + lengthOctets) return undefined;
    const mask = octets.slice(2 + lengthOctets, 6 + lengthOctets);
    return { final: (octets[0] & 0x80) !== 0, opcode, length, mask };
  }

  #checkOrder({ opcode }: FrameHead): void {
    if (opcode >= Opcode.close) return;
    if (opcode === Opcode.continuation) {
      if (this.#opcode === undefined) {
        fail(1002, "RFC 6455 §5.4", "Continuation frame without a message");
      }
    } else if (this.#opcode !== undefined) {
      fail(1002, "RFC 6455 §5.4", "Message begins within another");
    } else this.#opcode = opcode;
  }

  #takePayload(
    head: FrameHead,
    part: Uint8Array<ArrayBuffer>,
    emit: (event: FrameEvent) => void,
  ): void {
    const complete = this.#received === head.length;
    if (complete) this.#head = undefined;
    if (head.opcode >= Opcode.close) return this.#takeControl(head, part, complete, emit);
    const whole = complete && head.final;
    if (whole && this.#messageLength === 0 && this.#decoder === undefined) {
      // All of the message is at hand: it needs no storage.
      const isText = this.#opcode === Opcode.text;
      this.#opcode = undefined;
      return emit(
        isText ? { kind: "text", text: decode(part) } : { kind: "binary", octets: part.slice() },
      );
    }
    this.#append(part, head.length - this.#received);
    if (this.#opcode === Opcode.text) this.#check(part, !whole);
    if (!whole) return;
    const octets = this.#message.subarray(0, this.#messageLength);
    const isText = this.#opcode === Opcode.text;
    this.#opcode = this.#decoder = undefined;
    this.#message = EMPTY;
    this.#messageLength = 0;
    emit(isText ? { kind: "text", text: decode(octets) } : { kind: "binary", octets });
  }

  #takeControl(
    { opcode, length }: FrameHead,
    part: Uint8Array<ArrayBuffer>,
    complete: boolean,
    emit: (event: FrameEvent) => void,
  ): void {
    if (this.#received === part.length) this.#control = new Uint8Array(length);
    this.#control.set(part, this.#received - part.length);
    if (!complete) return;
    const octets = this.#control;
    this.#control = EMPTY;
    if (opcode !== Opcode.close) {
      return emit({ kind: opcode === Opcode.ping ? "ping" : "pong", octets });
    }
    this.#closed = true; // RFC 6455 §5.5.1: nothing counts behind it
    emit({ kind: "close", ...closeOf(octets) });
  }

  /** Keeps a part of a message. The storage grows with what has come and not with what was announced. */
  #append(part: Uint8Array, rest: number): void {
    const length = this.#messageLength + part.length;
    if (length > this.#message.length) {
      const known = Math.min(length + rest, this.#maxMessage);
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

/** Writes a frame of a server, with the length in its shortest form and without a mask. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const lengthOctets = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const frame = new Uint8Array(2 + lengthOctets + length);
  frame[0] = 0x80 | opcode;
  const view = new DataView(frame.buffer);
  if (lengthOctets === 0) {
    frame[1] = length;
  } else if (lengthOctets === 2) {
    frame[1] = 126;
    view.setUint16(2, length);
  } else {
    frame[1] = 127;
    view.setBigUint64(2, BigInt(length));
  }
  frame.set(payload, 2 + lengthOctets);
  return frame;
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

function checkFirstOctet(octet: number): void {
  // No extension gives them a meaning (RFC 6455 §5.2).
  if ((octet & 0x70) !== 0) fail(1002, "RFC 6455 §5.2", "Reserved bit of a frame is set");
  const opcode = octet & 0x0f;
  if ((opcode > Opcode.binary && opcode < Opcode.close) || opcode > Opcode.pong) {
    fail(1002, "RFC 6455 §5.2", `Opcode ${opcode} of a frame is unknown`);
  }
  if (opcode >= Opcode.close && (octet & 0x80) === 0) {
    fail(1002, "RFC 6455 §5.5", "Control frame is fragmented");
  }
}

function longLength(octets: Uint8Array, count: number): number {
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + octets[2 + i];
  if (count === 8 && octets[2] > 0x7f) {
    fail(1002, "RFC 6455 §5.2", "Length of a frame has its highest bit set");
  }
  if (length < (count === 2 ? 126 : 0x10000)) {
    fail(1002, "RFC 6455 §5.2", "Length of a frame is not in its shortest form");
  }
  return length;
}

function unmask(octets: Uint8Array, mask: Uint8Array, offset: number): void {
  for (let i = 0; i < octets.length; i++) octets[i] ^= mask[(offset + i) & 3];
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

function decode(octets: Uint8Array<ArrayBuffer>): string {
  try {
    return wholeDecoder.decode(octets);
  } catch {
    failUtf8();
  }
}

function failUtf8(): never {
  fail(1007, "RFC 6455 §8.1", "Text is not UTF-8");
}

function fail(code: 1002 | 1007 | 1009, clause: string, message: string): never {
  throw new FrameError(code, clause, message);
}
