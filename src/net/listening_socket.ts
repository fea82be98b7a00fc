// What the server needs of listening and accepted sockets. Each kind of socket implements it.

import type { Address } from "../io/address.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";

/** A connected socket as it was accepted. */
export interface AcceptedSocket extends ByteStream {
  /** This end. */
  readonly localAddr: Address;
  /** The other end. */
  readonly remoteAddr: Address;
  /** Who is at the other end of a UNIX socket, where that was asked for. */
  readonly peer?: PeerCredentials | undefined;
  /** Sets TCP_NODELAY; only TCP has it. */
  setNoDelay?(on: boolean): void;
  /** Keeps the process alive while it is open, which is so at first. */
  ref(): void;
  /** Lets the process end although it is open. */
  unref(): void;
}

/** What the platform gives for a listening socket; a `Deno.Listener` is one. */
export interface ListeningSocket {
  /** What it is bound to. */
  readonly addr: Address;
  /** Its descriptor, where that is known. */
  readonly fd?: number | undefined;
  /** Waits for the next connection. */
  accept(): Promise<AcceptedSocket>;
  /** A waiting `accept` rejects then. */
  close(): void;
  /** Connections that were accepted before the close and that nobody has asked for; they would be lost. */
  takeQueued?(): AcceptedSocket[];
  /** Says that another process goes on listening: `close` leaves the file of a UNIX socket then. */
  handOver?(): void;
  /** Keeps the process alive while it listens, which is so at first. */
  ref(): void;
  /** Lets the process end although it listens. */
  unref(): void;
}

/** Opens a listening socket with TLS: one of its own, or the one that `open` opens. */
export type OpenSecurely = (
  address: { readonly hostname: string; readonly port: number; readonly tcpBacklog: number },
  open: () => ListeningSocket,
) => ListeningSocket;
