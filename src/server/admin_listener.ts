// The admin listener of a server: connections, parser and deadlines as for every other client, with small
// separate limits. It runs in the main thread and uses no worker and no queue, so it responds while all of
// these are taken up.

import { Promise, then } from "../io/platform.ts";
import type { AdminSite } from "../admin/admin_site.ts";
import { AdminGateway } from "../admin/admin_gateway.ts";
import { AdminToken } from "../admin/access.ts";
import { toTree } from "../application/application_tree.ts";
import type { Address } from "../io/address.ts";
import type { LogEvent } from "../log/log_event.ts";
import {
  type BindAddress,
  formatAddress,
  formatBindAddress,
  isLoopback,
} from "../net/bind_address.ts";
import { missingToken } from "../options/admin_options.ts";
import { type ResolvedOptions, resolveOptions } from "../options/resolve_options.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { Acceptor } from "./acceptor.ts";
import { createServerContext } from "./server_context.ts";

/** Limits of its connections: a few people and programs use it, with short requests. */
const LIMITS = {
  maxConnections: 64,
  maxRequestLineSize: 2 * 1024,
  maxHeadSize: 16 * 1024, // a browser's cookies for the host, whatever the port
  maxContentSize: 1024,
  headTimeout: 5_000,
  keepAliveTimeout: 30_000,
  writeTimeout: 10_000,
} as const satisfies ServerOptions;

/** The admin listener of one server. */
export class AdminListener {
  readonly #acceptor: Acceptor;
  readonly #address: BindAddress;
  readonly #hasToken: boolean;
  readonly #log: (event: LogEvent) => void;
  #isStopping = false;

  /** Reads the token; opens nothing.
   *
   * @param address where it listens
   * @param options the options of the server
   * @param site the server, as it sees it
   * @param log takes its events
   * @throws {AdminTokenError} when the token cannot be used */
  constructor(
    address: BindAddress,
    options: ResolvedOptions,
    site: AdminSite,
    log: (event: LogEvent) => void,
  ) {
    const { adminTokenFile, serverName, socketMode, socketOwner, socketGroup } = options;
    const token = adminTokenFile === undefined ? undefined : AdminToken.fromFile(adminTokenFile);
    const hostname = address.transport === "tcp" ? address.hostname : undefined;
    const gateway = new AdminGateway(site, { token, hostname });
    const files = address.transport === "unix" && !address.path.startsWith("\0")
      ? { socketMode, socketOwner, socketGroup }
      : {};
    const own = resolveOptions({
      ...LIMITS,
      ...files,
      bind: formatBindAddress(address),
      serverName,
      onLog: (event) => log({ ...event, message: `Admin listener: ${event.message}` }),
    });
    const status = { isStopping: () => this.#isStopping, isShared: () => false };
    this.#address = address;
    this.#hasToken = token !== undefined;
    this.#log = log;
    this.#acceptor = new Acceptor(createServerContext(toTree(gateway), own, status), undefined);
  }

  /** Its address, with the real port; undefined before it is open. */
  get addr(): Address | undefined {
    return this.#acceptor.addrs[0];
  }

  /** The descriptor of its listening socket. */
  get descriptors(): number[] {
    return this.#acceptor.descriptors;
  }

  /** Opens its address and accepts.
   *
   * @returns undefined when it is open at once, as TCP always is
   * @throws the system's error when it cannot be opened
   * @throws {TypeError} when others reach it without a token */
  open(): Promise<void> | undefined {
    const opening = this.#acceptor.open("alone");
    if (opening === undefined) return this.#accept();
    return then(opening, () => this.#accept());
  }

  /** Leaves the address to another process, which accepts there already. */
  handOver(): void {
    this.#acceptor.handOver();
    void this.#acceptor.close();
  }

  /** Closes everything at once. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await this.#acceptor.close();
    await this.#acceptor.drain(CLOSE_TIMEOUT, new Promise(() => {}));
  }

  /** Keeps the process alive. This is the default. */
  ref(): void {
    this.#acceptor.ref();
  }

  /** Lets the process end. */
  unref(): void {
    this.#acceptor.unref();
  }

  #accept(): undefined {
    const { addr } = this;
    if (addr === undefined) return; // closed meanwhile
    if ("hostname" in addr && !isLoopback(addr.hostname) && !this.#hasToken) {
      void this.close();
      throw missingToken(formatBindAddress(this.#address));
    }
    this.#acceptor.accept();
    const message = `Admin listener on ${formatAddress(addr)}`;
    this.#log({ level: "info", event: "admin-listening", message });
  }
}

/** How long responses of the listener may take when it closes, in milliseconds. */
const CLOSE_TIMEOUT = 500;
