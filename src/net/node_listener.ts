// Adapts a listening socket of `node:net` to the server's interface: `node:net` emits connections, and the
// accept loop requests them. `node:net` cannot pause accepting, so connections that are not requested yet
// wait here, paused and in order. The queue is as long as that of the system; a further one is closed.

import { Promise } from "../io/platform.ts";
import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../io/address.ts";
import type { AcceptedSocket, ListeningSocket } from "./listening_socket.ts";
import { NodeStream } from "./node_stream.ts";
import type { PeerLookup } from "./peer_credentials_lookup.ts";

/** Settings of a listening socket of `node:net`. */
export interface NodeListenerInit {
  /** An existing descriptor, or the path of a UNIX socket. */
  readonly listen: { readonly fd: number } | { readonly path: string };
  /** Connections that the system keeps until they are accepted. */
  readonly backlog: number;
  /** The address that it is bound to, if the socket itself does not tell it. */
  readonly addr?: Address;
  /** Makes the lookup of peer credentials for a UNIX socket. */
  readonly createPeers?: (() => PeerLookup) | undefined;
}

/** A listening socket of `node:net`. */
export class NodeListener implements ListeningSocket {
  readonly addr: Address;
  /** Its descriptor, valid until it is closed. */
  readonly fd: number;

  readonly #server: Server;
  readonly #peers: PeerLookup | undefined;
  readonly #backlog: number;
  readonly #queue: Socket[] = [];
  /** The connections that waited when it was closed. */
  readonly #queuedAtClose: AcceptedSocket[] = [];
  #accepting: PromiseWithResolvers<AcceptedSocket> | undefined;
  #closed = false;

  /** Starts to listen at once.
   *
   * @param init the socket and its settings
   * @throws {Error} when the system refuses; `node:net` reports the reason too late to include it */
  constructor({ listen, backlog, addr, createPeers }: NodeListenerInit) {
    this.#backlog = backlog;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    this.#server.on("connection", (socket: Socket) => this.#enqueue(socket));
    // Later errors come from single accepts; an error of `listen` is found by the check below.
    this.#server.on("error", (error) => this.#fail(error));
    this.#server.listen({ ...listen, backlog });
    if (!this.#server.listening) throw new Error("the system refuses to listen on it");
    const bound = this.#server.address();
    this.addr = typeof bound === "object" && bound !== null
      ? { transport: "tcp", hostname: bound.address, port: bound.port }
      : addr ?? { transport: "unix", path: bound ?? "" };
    this.#peers = this.addr.transport === "unix" ? createPeers?.() : undefined;
    this.fd = "fd" in listen ? listen.fd : descriptorOf(this.#server);
  }

  accept(): Promise<AcceptedSocket> {
    this.#accepting = Promise.withResolvers<AcceptedSocket>();
    const { promise } = this.#accepting;
    if (this.#closed) this.#fail(new Deno.errors.BadResource("The listener is closed"));
    else this.#deliver();
    return promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#queue.splice(0)) {
      try {
        this.#queuedAtClose.push(this.#streamOf(socket));
      } catch {
        socket.destroy(); // the client has left
      }
    }
    this.#peers?.close();
    this.#fail(new Deno.errors.Interrupted("The listener was closed"));
  }

  takeQueued(): AcceptedSocket[] {
    return this.#queuedAtClose.splice(0);
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }

  #enqueue(socket: Socket): void {
    if (this.#queue.length >= this.#backlog) {
      socket.destroy();
      return;
    }
    socket.on("error", ignore); // until NodeStream handles errors: without a handler they are thrown
    this.#queue.push(socket);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#accepting === undefined) return;
    const socket = this.#queue.shift();
    if (socket === undefined) return;
    const { resolve, reject } = this.#accepting;
    this.#accepting = undefined;
    try {
      resolve(this.#streamOf(socket));
    } catch (error) {
      socket.destroy();
      reject(error);
    }
  }

  #streamOf(socket: Socket): AcceptedSocket {
    return new NodeStream(socket, this.addr, this.#peers?.of(descriptorOf(socket)));
  }

  #fail(error: Error): void {
    this.#accepting?.reject(error);
    this.#accepting = undefined;
  }
}

function ignore(): void {}

/** `node:net` has no public API for the descriptor; Deno keeps it where Node does. */
function descriptorOf(holder: Server | Socket): number {
  const { _handle } = holder as unknown as { _handle?: { fd?: unknown } | null };
  const fd = _handle?.fd;
  if (typeof fd === "number" && fd >= 0) return fd;
  throw new TypeError("Cannot tell descriptor: this version of the runtime does not show it");
}
