// A WebSocket of the server, with the members and events of the platform's (WHATWG WebSockets Standard).
// It is given a stream of octets once the handshake is complete, and must not know where they come from.

import {
  clearInterval,
  DOMException,
  Promise,
  setInterval,
  TextEncoder,
  then,
} from "../io/platform.ts";
import {
  encodeClose,
  encodeFrame,
  FrameError,
  type FrameEvent,
  FrameReader,
  Opcode,
} from "./frames.ts";

/** The octets of the connection. */
export interface OctetStream {
  /** Gives the next octets, or null when the peer has ended its side; rejects when it is lost. */
  readPiece(): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Sends octets; a promise when the peer must catch up before more. Rejects when it is lost. */
  write(octets: Uint8Array): void | Promise<void>;
  /** Ends the server's side. */
  end(): void;
  /** Cuts the connection. */
  abort(reason: unknown): void;
}

/** Limits of a socket. */
export interface SocketLimits {
  /** Octets of the largest message. */
  readonly maxMessage: number;
  /** Milliseconds of silence until a ping, and from there to the end; Infinity sends none. */
  readonly pingInterval: number;
}

/** How long the peer has for its close frame, in milliseconds. */
const CLOSE_TIMEOUT = 5_000;
const MAX_REASON = 123;

const PlatformWebSocket = WebSocket;
const { Blob, CloseEvent, ErrorEvent, Event, MessageEvent, clearTimeout, setTimeout } = globalThis;
const encoder = new TextEncoder();

type Listener = ((event: Event) => unknown) | null;
type Outgoing = {
  readonly octets: Uint8Array | Promise<Uint8Array>;
  readonly opcode: number;
  readonly size: number;
};

/** A WebSocket over a connection of the server. */
export class ServerSocket extends EventTarget {
  binaryType: "blob" | "arraybuffer" = "blob";
  readonly extensions = "";
  readonly protocol: string;
  readonly url = "";
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  readonly #limits: SocketLimits;
  #readyState: 0 | 1 | 2 | 3 = 0;
  #stream: OctetStream | undefined;
  readonly #queue: Outgoing[] = [];
  #sending = false;
  #bufferedAmount = 0;
  /** Whether the close frame of this side waits in the queue or has gone. */
  #closeSent = false;
  /** Whether octets have come since the last tick. */
  #heard = false;
  #pinged = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #closed = Promise.withResolvers<void>();
  readonly #listeners = new Map<string, { listener: Listener; wrapper: (event: Event) => void }>();

  /** @param protocol the subprotocol; empty without one
   * @param limits its limits */
  constructor(protocol: string, limits: SocketLimits) {
    super();
    this.protocol = protocol;
    this.#limits = limits;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Octets of messages that have not been handed over. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  get onopen(): Listener {
    return this.#listener("open");
  }

  set onopen(listener: Listener) {
    this.#setListener("open", listener);
  }

  get onmessage(): Listener {
    return this.#listener("message");
  }

  set onmessage(listener: Listener) {
    this.#setListener("message", listener);
  }

  get onclose(): Listener {
    return this.#listener("close");
  }

  set onclose(listener: Listener) {
    this.#setListener("close", listener);
  }

  get onerror(): Listener {
    return this.#listener("error");
  }

  set onerror(listener: Listener) {
    this.#setListener("error", listener);
  }

  /** Sends a message. */
  send(data: string | ArrayBufferLike | ArrayBufferView | Blob): void {
    if (this.#readyState === 0) {
      throw new DOMException("Cannot send: the socket is not open yet", "InvalidStateError");
    }
    const outgoing = outgoingOf(data);
    this.#bufferedAmount += outgoing.size;
    if (this.#readyState === 1) this.#enqueue(outgoing); // else it only counts, as the standard has it
  }

  /** Begins the closing handshake.
   *
   * @param code 1000, or 3000 to 4999
   * @param reason at most 123 octets of UTF-8 */
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(
        `Cannot close: expected code 1000 or 3000 to 4999, got ${code}`,
        "InvalidAccessError",
      );
    }
    if (reason !== undefined && encoder.encode(reason).length > MAX_REASON) {
      throw new DOMException("Cannot close: the reason is longer than 123 bytes", "SyntaxError");
    }
    this.#startClosing(code ?? (reason === undefined ? 1005 : 1000), reason);
  }

  /** Closes it for the server, with any code. */
  closeForServer(code: number, reason: string): void {
    this.#startClosing(code, reason);
  }

  /** Opens it: the handshake is complete.
   *
   * @param stream the connection
   * @returns a promise that resolves when the socket is closed; never rejects */
  open(stream: OctetStream): Promise<void> {
    this.#stream = stream;
    if (this.#readyState === 0) this.#readyState = 1;
    const { pingInterval } = this.#limits;
    if (pingInterval !== Infinity) this.#timer = setInterval(() => this.#tick(), pingInterval);
    if (this.#readyState === 1) this.dispatchEvent(new Event("open"));
    else void this.#flush(); // closed before it was open
    void this.#read(stream);
    return this.#closed.promise;
  }

  /** Ends it without a handshake: it was refused, or the connection is lost. */
  fail(message: string): void {
    if (this.#readyState === 3) return;
    this.dispatchEvent(new ErrorEvent("error", { message }));
    this.#finish(1006, "", false);
  }

  async #read(stream: OctetStream): Promise<void> {
    const reader = new FrameReader(this.#limits.maxMessage);
    const take = (event: FrameEvent) => this.#take(event);
    try {
      while (this.#readyState !== 3) {
        const octets = await stream.readPiece();
        if (octets === null) break;
        this.#heard = true;
        reader.read(octets, take);
      }
      if (this.#readyState === 3) return;
      this.fail("Unexpected end of the connection");
      stream.end();
    } catch (error) {
      if (error instanceof FrameError) return this.#failWith(error.code, error.message);
      this.fail("The connection is lost");
      stream.abort(error);
    }
  }

  #take(event: FrameEvent): void {
    switch (event.kind) {
      case "text":
        return this.#deliver(event.text);
      case "binary":
        return this.#deliver(
          this.binaryType === "arraybuffer" ? bufferOf(event.octets) : new Blob([event.octets]),
        );
      case "ping": {
        const { octets } = event;
        return this.#pong(octets);
      }
      case "pong":
        return;
      case "close":
        return this.#takeClose(event.code, event.reason);
      default:
        event satisfies never;
    }
  }

  /** Responds to a ping. RFC 6455 §5.5.3: the last one is enough. Otherwise a client that sends pings and does
   * not read would fill the memory. */
  #pong(octets: Uint8Array): void {
    const pong = { octets, opcode: Opcode.pong, size: 0 };
    // The first of the queue may be on its way.
    const waiting = this.#queue.findIndex(({ opcode }, at) => at > 0 && opcode === Opcode.pong);
    if (waiting >= 0) this.#queue[waiting] = pong;
    else if (!this.#closeSent) this.#enqueue(pong); // RFC 6455 §5.5.1: nothing follows a close frame
  }

  #deliver(data: unknown): void {
    if (this.#readyState !== 1) return;
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  /** The peer closes: it gets its code back, if this side has not closed before, and the stream ends. */
  #takeClose(code: number, reason: string): void {
    if (this.#readyState === 3) return;
    if (!this.#closeSent) this.#startClosing(code, "");
    then(this.#flush(), () => this.#stream!.end(), () => {});
    this.#finish(code, reason, true);
  }

  #startClosing(code: number, reason = ""): void {
    if (this.#closeSent || this.#readyState >= 2) return;
    this.#closeSent = true;
    this.#readyState = 2;
    const octets = encodeClose(code, reason);
    this.#enqueue({ octets, opcode: -1, size: 0 });
    this.#closeTimer = setTimeout(() => {
      this.#finish(1006, "", false);
      this.#stream?.abort(new DOMException("The socket was not closed in time", "TimeoutError"));
    }, CLOSE_TIMEOUT);
  }

  /** Ends it because the peer broke the protocol, or is silent. */
  #failWith(code: number, message: string): void {
    if (this.#readyState === 3) return;
    this.#startClosing(code, shortened(message));
    this.fail(message);
    then(this.#flush(), () => this.#stream!.end(), () => {});
  }

  #finish(code: number, reason: string, wasClean: boolean): void {
    if (this.#readyState === 3) return;
    this.#readyState = 3;
    clearInterval(this.#timer);
    clearTimeout(this.#closeTimer);
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
    then(this.#flush(), () => this.#closed.resolve(), () => this.#closed.resolve());
  }

  #tick(): void {
    if (this.#heard) {
      this.#heard = this.#pinged = false;
    } else if (this.#pinged) {
      this.#failWith(1011, "No response to ping");
    } else if (!this.#closeSent) {
      this.#pinged = true;
      this.#enqueue({ octets: new Uint8Array(0), opcode: Opcode.ping, size: 0 });
    }
  }

  #enqueue(outgoing: Outgoing): void {
    this.#queue.push(outgoing);
    if (!this.#sending && this.#stream !== undefined) this.#sendNow();
  }

  /** Sends what can be sent without a wait. */
  #sendNow(): void {
    this.#sending = true;
    while (this.#queue.length > 0) {
      const { octets, opcode, size } = this.#queue[0];
      if (octets instanceof Promise) return void this.#sendLater(octets);
      this.#queue.shift();
      this.#bufferedAmount -= size;
      let room: void | Promise<void>;
      try {
        room = this.#stream!.write(opcode < 0 ? octets : encodeFrame(opcode, octets));
      } catch {
        break; // the stream has ended; its reader finds that
      }
      if (room !== undefined) return void this.#sendLater(room);
    }
    this.#sending = false;
    this.#resolveFlushed();
  }

  async #sendLater(wait: Promise<unknown>): Promise<void> {
    try {
      const octets = await wait;
      if (octets instanceof Uint8Array) this.#queue[0] = { ...this.#queue[0], octets };
    } catch {
      this.#queue.length = 0; // the connection is lost; the reader finds that
    }
    this.#sendNow();
  }

  #flushed: PromiseWithResolvers<void> | undefined;

  /** Waits until all has been handed over. */
  #flush(): Promise<void> {
    if (this.#stream === undefined) return Promise.resolve();
    if (!this.#sending) this.#sendNow();
    if (!this.#sending) return Promise.resolve();
    return (this.#flushed ??= Promise.withResolvers<void>()).promise;
  }

  #resolveFlushed(): void {
    this.#flushed?.resolve();
    this.#flushed = undefined;
  }

  #listener(type: string): Listener {
    return this.#listeners.get(type)?.listener ?? null;
  }

  #setListener(type: string, listener: Listener): void {
    const entry = this.#listeners.get(type);
    if (typeof listener !== "function") {
      if (entry !== undefined) this.removeEventListener(type, entry.wrapper);
      this.#listeners.delete(type);
    } else if (entry !== undefined) entry.listener = listener;
    else {
      const wrapper = (event: Event) => this.#listeners.get(type)!.listener!.call(this, event);
      this.#listeners.set(type, { listener, wrapper });
      this.addEventListener(type, wrapper);
    }
  }
}

// Libraries ask for `instanceof WebSocket`. Every member of the platform's class is overridden above.
Object.setPrototypeOf(ServerSocket.prototype, PlatformWebSocket.prototype);

function outgoingOf(data: unknown): Outgoing {
  if (data instanceof Blob) {
    return { octets: data.bytes(), opcode: Opcode.binary, size: data.size };
  }
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) {
    return binary(new Uint8Array(data));
  }
  if (ArrayBuffer.isView(data)) {
    return binary(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const octets = encoder.encode(String(data));
  return { octets, opcode: Opcode.text, size: octets.length };
}

/** The application may change its array behind `send`. */
function binary(octets: Uint8Array): Outgoing {
  return { octets: octets.slice(), opcode: Opcode.binary, size: octets.length };
}

function bufferOf(octets: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const whole = octets.length === octets.buffer.byteLength;
  return whole ? octets.buffer : octets.slice().buffer;
}

function shortened(reason: string): string {
  return reason.slice(0, MAX_REASON);
}
