// An exchange without a connection, which keeps its response.

import { ContentReader } from "../../src/content/content_reader.ts";
import type { BlockingExchange, Exchange, ServerInfo } from "../../src/exchange/exchange.ts";
import type { Outcome } from "../../src/exchange/finished_response.ts";
import { FieldSection } from "../../src/http1/field_section.ts";
import type { RequestHead } from "../../src/http1/request_head.ts";
import { parseRequestTarget } from "../../src/http1/request_target.ts";
import type { Field, ResponseHead } from "../../src/http1/response_head.ts";
import type { TlsInfo } from "../../src/tls/tls_info.ts";

const address = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
let serial = 0;

/** The head of a request for a target. */
export function headFor(target: string): RequestHead {
  return {
    method: "GET",
    target: parseRequestTarget("GET", target, { proxyMode: false, strictMode: true }),
    minorVersion: 1,
    protocol: "HTTP/1.1",
    fields: FieldSection.from([["Host", "a"]]),
    authority: "a",
    framing: { kind: "none" },
    persistent: true,
    expectContinue: false,
    unknownExpectation: false,
  };
}

/** Content of one piece. */
class OnePieceReader extends ContentReader {
  #pending: Promise<Uint8Array<ArrayBuffer> | null>;

  constructor(pending: Promise<Uint8Array<ArrayBuffer>>) {
    super();
    this.#pending = pending;
  }

  protected override pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    const pending = this.#pending;
    this.#pending = Promise.resolve(null);
    return pending;
  }
}

/** An exchange that keeps its response. */
export class FakeExchange implements Exchange {
  readonly requestId: string = String(++serial);
  readonly server: ServerInfo = { name: "Robusto", protocol: "HTTP/1.1", multiprocess: false };
  readonly head: RequestHead;
  readonly scheme = "http";
  readonly localAddr = address;
  readonly remoteAddr = address;
  tls: TlsInfo | undefined = undefined;
  readonly peer = undefined;
  mountPath = "";
  readonly blocking: BlockingExchange | undefined = undefined;
  readonly content: ContentReader | undefined;
  readonly contentFailure = undefined;
  readonly trailers = Promise.resolve(FieldSection.empty);
  queueTime = 0;
  workerId: number | undefined;
  outcome: Outcome | undefined = undefined;
  readonly completed: Promise<void> = Promise.resolve();
  readonly reports: string[] = [];
  responding = false;
  ended = false;
  status = 0;
  aborted = false;
  retryAfter: string | undefined;
  readonly #controller = new AbortController();
  #onDisconnect: ((reason: unknown) => void) | undefined;

  /** @param target the request target
   * @param content its content, which may be on its way */
  constructor(target = "/", content?: Promise<Uint8Array<ArrayBuffer>>) {
    const head = headFor(target);
    this.head = content === undefined ? head : { ...head, framing: { kind: "length", length: 5 } };
    this.content = content && new OnePieceReader(content);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  respond(head: ResponseHead): void | Promise<void> {
    this.responding = this.ended = true;
    this.status = head.status;
    this.retryAfter = [...head.fields].find(([name]: Field) => name === "Retry-After")?.[1];
  }

  begin(head: ResponseHead): boolean {
    this.responding = true;
    this.status = head.status;
    return true;
  }

  upgrade(): undefined {}

  onDeparture(): void {}

  write(): void | Promise<void> {}

  end(): void {
    this.ended = true;
  }

  abort(): void {
    this.aborted = this.ended = true;
  }

  startHandlerTime(): void {}

  holdContent(): void {}

  onDisconnect(callback: (reason: unknown) => void): void {
    this.#onDisconnect = callback;
  }

  /** The client leaves. */
  leave(): void {
    this.#onDisconnect?.(new Error("left"));
  }

  informational(): Promise<void> {
    return Promise.resolve();
  }

  report(_level: string, event: string): void {
    this.reports.push(event);
  }
}
