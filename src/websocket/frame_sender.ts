// Sends the frames of one WebSocket, in order. What the peer does not take waits here, and is counted. Frames
// that are sent while octets of the peer are read leave together.

import { Promise, TextEncoder, then } from "../io/platform.ts";
import { type Agreement, deflate, LEAST_DEFLATED } from "./deflate.ts";
import { encodeFrame, headSize, Opcode, writeHead } from "./frames.ts";

/** Takes the octets for the peer. */
export interface OctetTarget {
  /** Sends octets; a promise when the peer must catch up before more, and until then the octets must not change.
   * Rejects when the connection is lost. */
  write(octets: Uint8Array): void | Promise<void>;
  /** Ends the server's side. */
  end(): void;
  /** Cuts the connection. */
  abort(reason: unknown): void;
}

const encoder = new TextEncoder();

/** Frames of short messages are written here. It is replaced when something may still look at it. */
let scratch = new Uint8Array(8 * 1024);
/** The sender of the socket of which octets are being read, and how much of `scratch` has its frames. */
let collecting: FrameSender | undefined;
let collected = 0;
/** Up to this length a loop over the characters is faster than a call out of JavaScript. */
const LONGEST_LOOP = 64;

/** A frame that waits. */
type Outgoing = {
  readonly frame: Uint8Array | Promise<Uint8Array>;
  readonly kind: "message" | "pong" | "other";
  readonly size: number;
};

/** The sending side of a socket. */
export class FrameSender {
  /** Takes the frames; undefined until the socket is open. */
  target: OctetTarget | undefined;

  readonly #deflate: Agreement | undefined;
  /** Undefined while nothing has ever waited. */
  #queue: Outgoing[] | undefined;
  #sending = false;
  #waiting = 0;
  #flushed: PromiseWithResolvers<void> | undefined;

  /** @param deflate what was agreed on; undefined without compression */
  constructor(deflate: Agreement | undefined) {
    this.#deflate = deflate;
  }

  /** Octets of messages that wait for the peer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Has frames collected, because octets of the peer are being read. */
  startCollecting(): void {
    if (collecting !== undefined) collecting.#sendCollected();
    collecting = this;
  }

  /** Sends what was collected. */
  endCollecting(): void {
    collecting = undefined;
    this.#sendCollected();
  }

  #encode(opcode: number, octets: Uint8Array): Uint8Array {
    const agreement = this.#deflate;
    if (agreement !== undefined && octets.length >= LEAST_DEFLATED) {
      const deflated = deflate(octets, agreement);
      if (deflated !== undefined) return encodeFrame(opcode, deflated, true);
    }
    return encodeFrame(opcode, octets);
  }

  /** Sends a binary message. The application may change its array afterwards, so it is copied here. */
  sendOctets(octets: Uint8Array): void {
    this.#send({
      frame: this.#encode(Opcode.binary, octets),
      kind: "message",
      size: octets.length,
    });
  }

  /** Sends a binary message that is being read; later messages wait for it.
   *
   * @param octets its content
   * @param size how many octets these will be */
  sendPending(octets: Promise<Uint8Array>, size: number): void {
    const frame = then(octets, (octets) => this.#encode(Opcode.binary, octets));
    this.#send({ frame, kind: "message", size });
  }

  /** Sends a text message. */
  sendText(text: string): void {
    const at = collecting === undefined ? 0 : collected;
    const short = !this.#sending && this.target !== undefined && text.length < LEAST_DEFLATED &&
      at + 4 + 3 * text.length <= scratch.length;
    if (!short) {
      const octets = encoder.encode(text);
      const frame = this.#encode(Opcode.text, octets);
      return this.#send({ frame, kind: "message", size: octets.length });
    }
    const end = appendTextFrame(scratch, at, text);
    if (collecting === this) collected = end;
    else this.#write(scratch.subarray(at, end));
  }

  /** Sends a control frame. */
  sendFrame(frame: Uint8Array): void {
    this.#send({ frame, kind: "other", size: 0 });
  }

  /** Responds to a ping. RFC 6455 §5.5.3: the last one is enough. Otherwise a client that sends pings and does
   * not read would fill the memory. */
  pong(octets: Uint8Array): void {
    const pong: Outgoing = { frame: encodeFrame(Opcode.pong, octets), kind: "pong", size: 0 };
    // The first of the queue may be on its way.
    const waiting = this.#queue?.findIndex(({ kind }, at) => at > 0 && kind === "pong") ?? -1;
    if (waiting >= 0) this.#queue![waiting] = pong;
    else this.#send(pong);
  }

  /** Waits until all has been handed over. */
  flush(): Promise<void> {
    if (this.target === undefined) return Promise.resolve();
    if (!this.#sending) this.#sendQueue();
    if (!this.#sending) return Promise.resolve();
    return (this.#flushed ??= Promise.withResolvers<void>()).promise;
  }

  /** Sends the frames that were collected during a read. */
  #sendCollected(): void {
    const end = collected;
    collected = 0;
    if (end > 0) this.#write(scratch.subarray(0, end));
  }

  #send(outgoing: Outgoing): void {
    if (collecting === this) this.#sendCollected();
    const { frame, size } = outgoing;
    if (this.#sending || this.target === undefined || frame instanceof Promise) {
      (this.#queue ??= []).push(outgoing);
      this.#waiting += size;
      if (!this.#sending && this.target !== undefined) this.#sendQueue();
    } else this.#write(frame);
  }

  /** Hands octets over while nothing waits. */
  #write(octets: Uint8Array): void {
    let room: void | Promise<void>;
    try {
      room = this.target!.write(octets);
    } catch {
      return; // the stream has ended; its source tells that
    }
    if (room === undefined) return;
    if (octets.buffer === scratch.buffer) {
      const fresh = new Uint8Array(scratch.length);
      fresh.set(scratch.subarray(0, collected));
      scratch = fresh;
    }
    this.#sending = true;
    void this.#sendLater(room);
  }

  /** Sends what can be sent of the queue without a wait. */
  #sendQueue(): void {
    this.#sending = false;
    for (let next; !this.#sending && (next = this.#queue?.[0]) !== undefined;) {
      const { frame, size } = next;
      if (frame instanceof Promise) {
        this.#sending = true;
        return void this.#sendLater(frame);
      }
      this.#queue!.shift();
      this.#waiting -= size;
      this.#write(frame);
    }
    if (this.#sending) return;
    this.#flushed?.resolve();
    this.#flushed = undefined;
  }

  async #sendLater(wait: Promise<Uint8Array | void>): Promise<void> {
    try {
      const frame = await wait;
      if (frame !== undefined) this.#queue![0] = { ...this.#queue![0], frame };
    } catch {
      if (this.#queue !== undefined) this.#queue.length = 0; // the source tells the loss
    }
    this.#sendQueue();
  }
}

/** Writes the frame of a text.
 *
 * @param target has room for four octets and three for each unit of the text
 * @param at where the frame begins
 * @returns where it ends */
function appendTextFrame(target: Uint8Array, at: number, text: string): number {
  const { length } = text;
  const head = headSize(length); // right for ASCII
  let size = 0;
  if (length <= LONGEST_LOOP) {
    for (; size < length; size++) {
      const unit = text.charCodeAt(size);
      if (unit > 0x7f) break;
      target[at + head + size] = unit;
    }
  }
  if (size < length) size = encoder.encodeInto(text, target.subarray(at + head)).written;
  const realHead = headSize(size);
  if (realHead !== head) target.copyWithin(at + realHead, at + head, at + head + size);
  writeHead(target, at, Opcode.text, size);
  return at + realHead + size;
}
