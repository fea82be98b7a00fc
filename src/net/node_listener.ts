// A listening socket of `node:net` as the server's own kind: it emits connections, the accept loop asks
// for them. `node:net` cannot be told to stop accepting, so while nobody asks, connections wait here in
// their order, paused; there may be as many as in the system's own queue, and one more is closed.

import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../io/address.ts";
import type { AcceptedSocket, ListeningSocket } from "./listening_socket.ts";
import { NodeStream } from "./node_stream.ts";
import type { PeerLookup } from "./peer_credentials_lookup.ts";

/** What a listening socket of `node:net` is given. */
export interface NodeListenerInit {
  /** A descriptor that is there already, or the path of a UNIX socket. */
  readonly listen: { readonly fd: number } | { readonly path: string };
  /** Connections that the system keeps until they are accepted. */
  readonly backlog: number;
  /** What it is bound to, where the socket does not say so itself. */
  readonly addr?: Address;
  /** Makes what tells who is at the other end of a UNIX socket's connection. */
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
  /** What was waiting when it was closed. */
  readonly #queuedAtClose: AcceptedSocket[] = [];
  #accepting: PromiseWithResolvers<AcceptedSocket> | undefined;
  #closed = false;

  /** Listens, at once.
   *
   * @param init on what
   * @throws {Error} when the system refuses; `node:net` tells the reason too late to be waited for */
  constructor({ listen, backlog, addr, createPeers }: NodeListenerInit) {
    this.#backlog = backlog;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    this.#server.on("connection", (socket: Socket) => this.#enqueue(socket));
    // Later errors are those of single accepts; the one of `listen` is known by what follows.
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
        socket.destroy(); // its client has left
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
    socket.on("error", ignore); // until the stream listens: an error without a listener is thrown
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

/** `node:net` has no public word for it; Deno keeps it where Node does. */
function descriptorOf(holder: Server | Socket): number {
  const { _handle } = holder as unknown as { _handle?: { fd?: unknown } | null };
  const fd = _handle?.fd;
  if (typeof fd === "number" && fd >= 0) return fd;
  throw new TypeError("Cannot tell descriptor: this version of the runtime does not show it");
}
