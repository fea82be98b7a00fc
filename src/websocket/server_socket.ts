// A WebSocket of the server, with the members and events of the platform's (WHATWG WebSockets Standard).
// It is given a stream of octets once the handshake is complete, and must not know where they come from.

import { DOMException, Promise, TextEncoder, then } from "../io/platform.ts";
import { type Agreement, inflate } from "./deflate.ts";
import { FrameSender, type OctetTarget } from "./frame_sender.ts";
import {
  encodeClose,
  encodeFrame,
  FrameError,
  type FrameEvent,
  FrameReader,
  Opcode,
} from "./frames.ts";
import { addTicked, removeTicked, type Ticked, TICKS_OF_INTERVAL } from "./ping_sweep.ts";
import { notePart, type PartHolder } from "./unfinished_messages.ts";

/** Gives the octets of the peer. */
export interface OctetSource {
  /** Gives octets as they come, and waits for the promise before it gives more. They are valid until then.
   *
   * @returns a promise of the end; it rejects when the connection is lost */
  pushTo(take: (octets: Uint8Array<ArrayBuffer>) => void | Promise<void>): Promise<void>;
  /** Gives nothing more. */
  close(): void;
}

/** Limits of a socket, and what was agreed on. */
export interface SocketOptions {
  /** Octets of the largest message. */
  readonly maxMessage: number;
  /** Octets that may wait for the peer before another message is sent. */
  readonly maxBacklog: number;
  /** Milliseconds of silence until a ping, and from there to the end; Infinity sends none. */
  readonly pingInterval: number;
  /** Undefined without compression. */
  readonly deflate?: Agreement | undefined;
}

/** How long the peer has for its close frame, in milliseconds. */
const CLOSE_TIMEOUT = 5_000;
/** The same when the server stops. A peer that is there takes a round trip. */
const CLOSE_TIMEOUT_OF_STOP = 1_000;
const MAX_REASON = 123;
/** Octets that may wait for the peer before its own messages are not read any more: a peer that sends and does
 * not read would otherwise fill the memory with the responses to its messages. */
const READING_PAUSES_AT = 64 * 1024;

const PlatformWebSocket = WebSocket;
const { Blob, CloseEvent, ErrorEvent, Event, clearTimeout, reportError, setTimeout } = globalThis;
const PlatformMessageEvent = MessageEvent as new (
  type: string,
  init: MessageEventInit,
) => MessageEvent;
const encoder = new TextEncoder();

type Listener = ((event: Event) => unknown) | null;
/** A message event that has its target without a dispatch, which takes three times as long as the rest of it. */
class SocketMessageEvent extends PlatformMessageEvent {
  readonly #socket: ServerSocket;

  constructor(socket: ServerSocket, data: unknown) {
    super("message", { data });
    this.#socket = socket;
  }

  override get target(): EventTarget {
    return this.#socket;
  }

  override get currentTarget(): EventTarget {
    return this.#socket;
  }
}

/** A WebSocket over a connection of the server. */
export class ServerSocket extends EventTarget implements Ticked, PartHolder {
  binaryType: "blob" | "arraybuffer" = "blob";
  readonly extensions: string;
  readonly protocol: string;
  readonly url = "";
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  readonly #options: SocketOptions;
  #readyState: 0 | 1 | 2 | 3 = 0;
  #stream: OctetTarget | undefined;
  #source: OctetSource | undefined;
  #reader: FrameReader | undefined;
  /** Octets of a message that has come in part, as {@linkcode notePart} knows them. */
  #partSize = 0;
  readonly #sender: FrameSender;
  /** Octets of messages that were given when it was not open any more. */
  #refused = 0;
  /** Whether the close frame of this side waits or has gone. */
  #closeSent = false;
  /** Ticks without octets of the peer. */
  #silentTicks = 0;
  #readingPaused = false;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #closed = Promise.withResolvers<void>();
  #onmessage: Listener = null;
  /** Whether the platform dispatches messages, because something listens beside `onmessage`. */
  #dispatchesMessages = false;
  /** Handlers of the other events. */
  #handlers: Map<string, { listener: Listener; wrapper: EventListener }> | undefined;

  /** @param protocol the subprotocol; empty without one
   * @param options its limits */
  constructor(protocol: string, options: SocketOptions) {
    super();
    this.protocol = protocol;
    this.extensions = options.deflate?.text ?? "";
    this.#options = options;
    this.#sender = new FrameSender(options.deflate);
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Octets of messages that have not been handed over. */
  get bufferedAmount(): number {
    return this.#sender.waiting + this.#refused;
  }

  get onopen(): Listener {
    return this.#listener("open");
  }

  set onopen(listener: Listener) {
    this.#setListener("open", listener);
  }

  get onmessage(): Listener {
    return this.#onmessage;
  }

  set onmessage(listener: Listener) {
    this.#onmessage = typeof listener === "function" ? listener : null;
    if (this.#dispatchesMessages) this.#setListener("message", this.#onmessage);
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

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    if (args[0] === "message" && !this.#dispatchesMessages) {
      this.#dispatchesMessages = true;
      this.#setListener("message", this.#onmessage); // it was there before
    }
    super.addEventListener(...args);
  }

  /** Sends a message. */
  send(data: string | ArrayBufferLike | ArrayBufferView | Blob): void {
    if (this.#readyState === 0) {
      throw new DOMException("Cannot send: the socket is not open yet", "InvalidStateError");
    }
    if (this.#readyState !== 1) {
      this.#refused += sizeOf(data); // it only counts, as the standard has it
    } else if (this.#sender.waiting > this.#options.maxBacklog) {
      const message = "The client does not take its messages";
      this.fail(message);
      this.#stream!.abort(new DOMException(message, "QuotaExceededError"));
    } else if (data instanceof Blob) {
      this.#sender.sendPending(data.bytes(), data.size);
    } else if (typeof data === "object") {
      this.#sender.sendOctets(octetsOf(data));
    } else this.#sender.sendText(String(data));
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

  /** Closes it because the server stops. The peer has little time for its close frame, also where this side has
   * closed before. */
  closeForStop(): void {
    this.#startClosing(1001, "The server is stopping");
    if (this.#readyState === 2) this.#limitClosing(CLOSE_TIMEOUT_OF_STOP);
  }

  /** Closes it because its worker is replaced: the client may connect again at once. */
  closeForReload(): void {
    this.#startClosing(1012, "The application is loaded again");
  }

  /** Opens it: the handshake is complete.
   *
   * @param stream takes octets for the peer
   * @param source gives those of the peer
   * @returns a promise that resolves when the socket is closed; never rejects */
  open(stream: OctetTarget, source: OctetSource): Promise<void> {
    const { pingInterval, maxMessage } = this.#options;
    this.#stream = stream;
    this.#sender.target = stream;
    this.#source = source;
    this.#reader = new FrameReader(
      maxMessage,
      this.#options.deflate === undefined ? undefined : inflate,
    );
    if (pingInterval !== Infinity) addTicked(this, pingInterval);
    if (this.#readyState === 0) {
      this.#readyState = 1;
      this.dispatchEvent(new Event("open"));
    } else void this.#sender.flush(); // closed before it was open
    then(
      source.pushTo(this.#takeOctets),
      () => {
        if (this.#readyState === 3) return;
        this.fail("Unexpected end of the connection");
        stream.end();
      },
      (error) => {
        if (this.#readyState === 3) return;
        this.fail("The connection is lost");
        stream.abort(error);
      },
    );
    return this.#closed.promise;
  }

  /** Ends it without a handshake: it was refused, or the connection is lost. */
  fail(message: string): void {
    if (this.#readyState === 3) return;
    this.dispatchEvent(new ErrorEvent("error", { message }));
    this.#finish(1006, "", false);
  }

  /** Counts the silence of the peer; {@linkcode addTicked} calls it. */
  tick(): void {
    if (this.#readingPaused || this.#closeSent) return; // the silence is this side's, or has another bound
    const ticks = ++this.#silentTicks;
    // The first tick comes at any time after the last octets.
    if (ticks === TICKS_OF_INTERVAL + 1) {
      this.#sender.sendFrame(encodeFrame(Opcode.ping, new Uint8Array(0)));
    } else if (ticks > 2 * TICKS_OF_INTERVAL) this.#failWith(1011, "No response to ping");
  }

  /** Ends it, so that its part of a message makes room. */
  giveUpMessage(): void {
    this.#partSize = 0;
    this.#failWith(1013, "Too much of unfinished messages is kept");
  }

  readonly #takeOctets = (octets: Uint8Array<ArrayBuffer>): void | Promise<void> => {
    if (this.#readyState === 3) return;
    this.#silentTicks = 0;
    this.#sender.startCollecting();
    try {
      this.#reader!.read(octets, this.#take);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#failWith(error.code, error.message);
    } finally {
      this.#sender.endCollecting();
    }
    this.#notePart(this.#reader?.kept ?? 0);
    if (this.#sender.waiting < READING_PAUSES_AT) return;
    this.#readingPaused = true;
    return then(this.#sender.flush(), () => {
      this.#readingPaused = false;
    });
  };

  #notePart(size: number): void {
    if (size === this.#partSize) return;
    this.#partSize = size;
    notePart(this, size, this.#options.maxMessage);
  }

  readonly #take = (event: FrameEvent): void => {
    if (event.kind === "text" || event.kind === "binary") this.#notePart(0); // the next one is newer
    switch (event.kind) {
      case "text":
        return this.#deliver(event.text);
      case "binary":
        return this.#deliver(
          this.binaryType === "arraybuffer" ? bufferOf(event.octets) : new Blob([event.octets]),
        );
      case "ping":
        // RFC 6455 §5.5.1: nothing follows a close frame.
        return this.#closeSent ? undefined : this.#sender.pong(event.octets);
      case "pong":
        return;
      case "close":
        return this.#takeClose(event.code, event.reason);
      default:
        event satisfies never;
    }
  };

  #deliver(data: unknown): void {
    if (this.#readyState !== 1) return;
    const event = new SocketMessageEvent(this, data);
    if (this.#dispatchesMessages) {
      this.dispatchEvent(event);
      return;
    }
    try {
      this.#onmessage?.call(this, event);
    } catch (error) {
      reportError(error); // as the platform does
    }
  }

  /** The peer closes: it gets its code back, if this side has not closed before, and the stream ends. */
  #takeClose(code: number, reason: string): void {
    if (this.#readyState === 3) return;
    if (!this.#closeSent) this.#startClosing(code, "");
    then(this.#sender.flush(), () => this.#stream!.end(), () => {});
    this.#finish(code, reason, true);
  }

  #startClosing(code: number, reason = ""): void {
    if (this.#closeSent || this.#readyState >= 2) return;
    this.#closeSent = true;
    this.#readyState = 2;
    this.#sender.sendFrame(encodeClose(code, reason));
    this.#limitClosing(CLOSE_TIMEOUT);
  }

  #limitClosing(timeout: number): void {
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => {
      this.#finish(1006, "", false);
      this.#stream?.abort(new DOMException("The socket was not closed in time", "TimeoutError"));
    }, timeout);
  }

  /** Ends it because the peer broke the protocol, or is silent. */
  #failWith(code: number, message: string): void {
    if (this.#readyState === 3) return;
    this.#startClosing(code, shortened(message));
    this.fail(message);
    then(this.#sender.flush(), () => this.#stream!.end(), () => {});
  }

  #finish(code: number, reason: string, wasClean: boolean): void {
    if (this.#readyState === 3) return;
    this.#readyState = 3;
    removeTicked(this, this.#options.pingInterval);
    clearTimeout(this.#closeTimer);
    this.#source?.close();
    this.#reader = undefined;
    this.#notePart(0);
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
    then(this.#sender.flush(), () => this.#closed.resolve());
  }

  #listener(type: string): Listener {
    return this.#handlers?.get(type)?.listener ?? null;
  }

  #setListener(type: string, listener: Listener): void {
    const handlers = this.#handlers ??= new Map();
    const entry = handlers.get(type);
    if (typeof listener !== "function") {
      if (entry !== undefined) this.removeEventListener(type, entry.wrapper);
      handlers.delete(type);
    } else if (entry !== undefined) entry.listener = listener;
    else {
      // Types of Node, where an application brings them, have another `Event`.
      const wrapper: EventListener = (event) => {
        handlers.get(type)!.listener!.call(this, event as Event);
      };
      handlers.set(type, { listener, wrapper });
      super.addEventListener(type, wrapper);
    }
  }
}

// Libraries ask for `instanceof WebSocket`. Every member of the platform's class is overridden above.
Object.setPrototypeOf(ServerSocket.prototype, PlatformWebSocket.prototype);

function octetsOf(data: object): Uint8Array {
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : encoder.encode(String(data));
}

function sizeOf(data: unknown): number {
  if (data instanceof Blob) return data.size;
  return (typeof data === "object" && data !== null ? octetsOf(data) : encoder.encode(String(data)))
    .length;
}

function bufferOf(octets: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const whole = octets.length === octets.buffer.byteLength;
  return whole ? octets.buffer : octets.slice().buffer;
}

function shortened(reason: string): string {
  return reason.slice(0, MAX_REASON);
}
