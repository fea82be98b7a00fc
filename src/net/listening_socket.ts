// The interfaces of listening and accepted sockets, which each kind of socket implements.

import type { Address } from "../io/address.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";

/** An accepted, connected socket. */
export interface AcceptedSocket extends ByteStream {
  /** Address of this end. */
  readonly localAddr: Address;
  /** Address of the client. */
  readonly remoteAddr: Address;
  /** Identity of the client of a UNIX socket, if requested. */
  readonly peer?: PeerCredentials | undefined;
  /** Sets TCP_NODELAY; only TCP has it. */
  setNoDelay?(on: boolean): void;
  /** Keeps the process alive while the socket is open, which is the default. */
  ref(): void;
  /** Lets the process end while the socket is open. */
  unref(): void;
}

/** A listening socket; a `Deno.Listener` implements it. */
export interface ListeningSocket {
  /** The address that it is bound to. */
  readonly addr: Address;
  /** Its descriptor, if known. */
  readonly fd?: number | undefined;
  /** Waits for the next connection. */
  accept(): Promise<AcceptedSocket>;
  /** Closes the socket; a pending `accept` rejects. */
  close(): void;
  /** Takes the connections that arrived before the close and were not accepted; otherwise they are lost. */
  takeQueued?(): AcceptedSocket[];
  /** Tells that another process continues to listen: `close` then leaves the file of a UNIX socket. */
  handOver?(): void;
  /** Keeps the process alive while the socket listens, which is the default. */
  ref(): void;
  /** Lets the process end while the socket listens. */
  unref(): void;
}

/** How to listen on a TCP address. */
export interface TcpListening {
  /** Connections that the system keeps until they are accepted. */
  readonly tcpBacklog: number;
  /** Whether other processes may listen on the same port. Deno demands its flag only where this is true. */
  readonly reusePort?: boolean;
}

/** Opens a listening socket with TLS: a new one, or TLS on the socket that `open` opens. */
export type OpenSecurely = (
  address: TcpListening & { readonly hostname: string; readonly port: number },
  open: () => ListeningSocket,
) => ListeningSocket;
