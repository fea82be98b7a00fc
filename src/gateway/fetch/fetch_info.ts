// The second argument of a Fetch handler. Its members are getters over the exchange: most handlers read
// none of them.

import { Headers } from "./platform.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { then } from "../../io/platform.ts";
import type { Address } from "../../io/address.ts";
import type { PeerCredentials } from "../../io/peer_credentials.ts";
import type { TlsInfo } from "../../tls/tls_info.ts";
import type { FetchInfo } from "./fetch_handler.ts";
import { UpgradedConnection, type UpgradeOptions } from "./upgraded_connection.ts";

/** The `info` of a Fetch handler, over its exchange. */
export class ExchangeInfo implements FetchInfo {
  readonly #exchange: Exchange;

  /** @param exchange the exchange of the request */
  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get remoteAddr(): Address {
    return this.#exchange.remoteAddr;
  }

  get localAddr(): Address {
    return this.#exchange.localAddr;
  }

  get completed(): Promise<void> {
    return this.#exchange.completed;
  }

  get protocol(): string {
    return this.#exchange.head.protocol;
  }

  get requestTarget(): string {
    return this.#exchange.head.target.raw;
  }

  get rawHeaders(): readonly [string, string][] {
    return this.#exchange.head.fields.entries();
  }

  get requestId(): string {
    return this.#exchange.requestId;
  }

  get queueTime(): number {
    return this.#exchange.queueTime;
  }

  get workerId(): number | undefined {
    return this.#exchange.workerId;
  }

  get mountPath(): string {
    return this.#exchange.mountPath;
  }

  get tls(): TlsInfo | undefined {
    return this.#exchange.tls;
  }

  get peer(): PeerCredentials | undefined {
    return this.#exchange.peer;
  }

  get trailers(): Promise<Headers> {
    const trailers = then(this.#exchange.trailers, (section) => new Headers(section.entries()));
    then(trailers, () => {}, () => {}); // a handler that looks at it need not handle it
    return trailers;
  }

  upgrade(options: UpgradeOptions = {}): UpgradedConnection {
    return new UpgradedConnection(this.#exchange, options);
  }

  informational(status: number, headers?: HeadersInit): Promise<void> {
    return this.#exchange.informational(status, new Headers(headers));
  }
}
