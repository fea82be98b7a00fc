// The options of a server. This file has no code: what values each takes is in option_rules.ts, what
// holds without it in defaults.ts, and the reasons for the numbers in docs/options.md.

import type { LogEvent } from "../log/log_event.ts";
import type { TlsAdapter } from "../tls/tls_adapter.ts";
import type { TlsSettings } from "../tls/tls_settings.ts";
import type { Mode } from "./modes.ts";

/** Settings of a server. All are optional; every limit and deadline is on unless it is `Infinity`. */
export interface ServerOptions<Addr extends Deno.Addr = Deno.NetAddr> {
  /** Where to listen, one or several: `HOST:PORT`, `[V6]:PORT` or `PORT`, where port 0 is any free port;
   * `unix:PATH` or `unix:@NAME`, a UNIX socket with a file or an abstract one; `fd:N` or `fd:NAME`, a
   * socket that the process was started with.
   *
   * @default {"127.0.0.1:8070"} */
  readonly bind?: string | readonly string[];
  /** Host name or IP address to listen on, as in `Deno.serve`; not together with `bind`.
   * Without it a `port` is opened on 127.0.0.1. */
  readonly hostname?: string;
  /** TCP port to listen on, as in `Deno.serve`; not together with `bind`.
   * Without it a `hostname` is opened on port 8070. */
  readonly port?: number;
  /** Permission bits of a UNIX socket's file: whoever may write to it may connect.
   *
   * @default {0o660} */
  readonly socketMode?: number;
  /** Owner of a UNIX socket's file, a name or a number. Without it who runs the server. */
  readonly socketOwner?: string | number;
  /** Group of a UNIX socket's file, a name or a number. Without it that of who runs the server. */
  readonly socketGroup?: string | number;
  /** What is asked about the process at the other end of a UNIX socket: nothing, its numbers (pid, uid
   * and gid), or the names of its user and group too. On Linux, with `--allow-ffi`.
   *
   * @default {"off"} */
  readonly peerCredentials?: "off" | "ids" | "names";
  /** Connections that the system keeps while they wait to be accepted. Past it the system drops
   * them, and clients try again.
   *
   * @default {511} */
  readonly tcpBacklog?: number;
  /** Whether small writes are sent at once (TCP_NODELAY) instead of waiting for more.
   *
   * @default {true} */
  readonly noDelay?: boolean;
  /** Octets that a connection reads at once. A longer request head makes the buffer grow.
   *
   * @default {16_384} */
  readonly readBufferSize?: number;
  /** Octets of an answer that are gathered into one write.
   *
   * @default {16_384} */
  readonly writeBufferSize?: number;

  /** The server's certificate, which turns TLS on: PEM, or the path of a file with it. Those that lead to
   * its root may stand behind it. */
  readonly tlsCertificate?: string;
  /** The certificate's private key: PEM, or the path of a file with it. */
  readonly tlsPrivateKey?: string;
  /** The certificates that lead to the root, where they are in a file of their own: PEM, or the path of
   * that file. */
  readonly tlsCertificateChain?: string;
  /** Path of a file whose first line is what the private key is encrypted with. */
  readonly tlsPasswordFile?: string;
  /** Further certificates, for clients that ask for other names by SNI (RFC 6066 §3), each
   * `NAME=CERTIFICATE,KEY` with the paths of two files; `*.` in a name stands for one label. */
  readonly tlsSni?: string | readonly string[];
  /** What speaks TLS: `"deno"` is `Deno.listenTls`, `"node"` is `node:tls`. `"auto"` is `"node"`,
   * which keeps every deadline; `"deno"` is faster and has less. docs/tls.md has the differences.
   *
   * @default {"auto"} */
  readonly tlsAdapter?: "auto" | "deno" | "node";
  /** Whether clients are asked for a certificate. Where it is `"required"` a client without one that is
   * trusted is not served; where it is `"optional"` applications are told whether there is one.
   *
   * @default {"none"} */
  readonly tlsClientAuth?: "none" | "optional" | "required";
  /** Whom certificates of clients must come from: PEM, or the path of a file with it. */
  readonly tlsClientCa?: string;
  /** Lowest version of TLS that is spoken.
   *
   * @default {"TLSv1.2"} */
  readonly tlsMinVersion?: "TLSv1.2" | "TLSv1.3";
  /** Cipher suites that are accepted, by OpenSSL's names with colons between. A connection that agrees on
   * another one is closed before anything is read. Without it all that Deno has. */
  readonly tlsCiphers?: string;
  /** Whether the files of certificates and keys are read again when they change.
   *
   * @default {false} */
  readonly tlsReloadOnChange?: boolean;

  /** Sets `handshakeTimeout`, `headTimeout`, `contentTimeout`, `writeTimeout` and `keepAliveTimeout` at once, in
   * milliseconds; each of them given by itself wins. */
  readonly timeout?: number;
  /** Longest time from the accept until a connection speaks HTTP, in milliseconds: a PROXY header and
   * the TLS handshake, where there are any. Past it the connection is closed.
   *
   * @default {10_000} */
  readonly handshakeTimeout?: number;
  /** Longest wait for a complete request head, in milliseconds, from its first octet or, on a new
   * connection, from the accept. A deadline that progress does not put off. Past it 408, or a plain
   * close when no octet came.
   *
   * @default {15_000} */
  readonly headTimeout?: number;
  /** Longest gap between two pieces of content, in milliseconds. Past it 408.
   *
   * @default {30_000} */
  readonly contentTimeout?: number;
  /** Slowest content that is accepted, in octets per second on average, after 5 s of grace; 0 accepts
   * any. Below it 408.
   *
   * @default {240} */
  readonly minContentRate?: number;
  /** Longest time for the arrival of a whole request, head and content, in milliseconds; time in which
   * the application asks for no content does not count. Past it 408.
   *
   * @default {300_000} */
  readonly requestTimeout?: number;
  /** Longest time without progress while an answer is written, in milliseconds. Past it the
   * connection is aborted.
   *
   * @default {60_000} */
  readonly writeTimeout?: number;
  /** Longest wait for another request on a kept connection, in milliseconds. Past it a silent close.
   *
   * @default {65_000} */
  readonly keepAliveTimeout?: number;
  /** Longest wait for exchanges in flight when the server stops, in milliseconds; 0 does not wait.
   * Past it they are aborted.
   *
   * @default {10_000} */
  readonly shutdownTimeout?: number;

  /** Idle connections that are kept for another request. Past it answers say `Connection: close`.
   *
   * @default {Infinity} */
  readonly keepAliveLimit?: number;
  /** Open connections. Past it no more are accepted until one closes.
   *
   * @default {10_000} */
  readonly maxConnections?: number;
  /** Requests served on one connection. The last answer says `Connection: close`.
   *
   * @default {Infinity} */
  readonly maxRequestsPerConnection?: number;

  /** Where handlers run: `"pool"` is a pool of workers, `"inline"` the accepting thread, `"sharded"`
   * as many accepting threads as `minWorkers` on the same sockets. Without it the application decides: a module runs in the pool, a function, an object or a `Gateway` inline,
   * as it cannot go to another thread. The options about workers are for the pool only. */
  readonly mode?: Mode;
  /** Workers that are always there.
   *
   * @default {Math.max(2, navigator.hardwareConcurrency)} */
  readonly minWorkers?: number;
  /** Workers that there are at most; beyond `minWorkers` they are started while requests wait and
   * nobody is free. Without it as many as `minWorkers`; where only this one is given and is less than
   * the default of `minWorkers`, that follows it. */
  readonly maxWorkers?: number;
  /** Requests that one worker holds at a time. Past it they wait in the queue. A worker whose
   * application blocks, such as a synchronous WSGI application, holds 1 unless this is given.
   *
   * @default {64} */
  readonly exchangesPerWorker?: number;
  /** Requests that wait for a worker. Past it 503 with `Retry-After`.
   *
   * @default {1_024} */
  readonly queueSize?: number;
  /** Longest wait of a request for a worker, in milliseconds. Past it 503 with `Retry-After`.
   *
   * @default {10_000} */
  readonly queueTimeout?: number;
  /** Longest time from when a worker gets a request to the head of its answer, in milliseconds. Past
   * it the request's signal aborts, then the worker is replaced and the answer is 504.
   *
   * @default {Infinity} */
  readonly handlerTimeout?: number;
  /** Longest time from when a worker gets a request to the end of its answer, in milliseconds. Past
   * it the same happens as past `handlerTimeout`; an answer that has begun is cut off.
   *
   * @default {Infinity} */
  readonly responseTimeout?: number;
  /** Longest time without a request for a worker beyond `minWorkers`, in milliseconds. Past it the
   * worker goes.
   *
   * @default {60_000} */
  readonly workerIdleTimeout?: number;
  /** Requests that a worker gets before it is replaced, give or take a tenth.
   *
   * @default {Infinity} */
  readonly maxExchangesPerWorker?: number;
  /** Age at which a worker is replaced, in milliseconds.
   *
   * @default {Infinity} */
  readonly maxWorkerAge?: number;
  /** Heap of a worker, in octets, rounded up to whole MiB. Past it the worker is ended and replaced,
   * and its requests are answered 500.
   *
   * @default {Infinity} */
  readonly maxWorkerHeap?: number;
  /** Kind of thread that workers are: `"web"` is a web Worker, which cannot be ended while it
   * computes; `"killable"` is one of `node:worker_threads`, which can. `"auto"` is killable when
   * `handlerTimeout`, `responseTimeout` or `maxWorkerHeap` is given, else web.
   *
   * @default {"auto"} */
  readonly workerKind?: "auto" | "web" | "killable";
  /** Workers that could not be ended and go on behind the pool's back. Past it the server is not
   * `ready` any more.
   *
   * @default {2} */
  readonly maxAbandonedWorkers?: number;

  /** Longest request line, in octets. Past it 414.
   *
   * @default {8_192} */
  readonly maxRequestLineSize?: number;
  /** Largest field section of a request, in octets. Past it 431.
   *
   * @default {32_768} */
  readonly maxHeadSize?: number;
  /** Field lines in a request's field section. Past it 431.
   *
   * @default {100} */
  readonly maxFieldCount?: number;
  /** Largest content of a request, in octets. Past it 413: before any of it is read when its length
   * is declared, else as soon as it is passed.
   *
   * @default {104_857_600} */
  readonly maxContentSize?: number;
  /** Longest line with a chunk's size and extensions, in octets. Past it 400.
   *
   * @default {4_096} */
  readonly maxChunkLineSize?: number;
  /** Chunk extensions in the whole content of a request, in octets. Past it 413.
   *
   * @default {16_384} */
  readonly maxChunkExtensionSize?: number;
  /** Largest trailer section, in octets. Past it 431.
   *
   * @default {8_192} */
  readonly maxTrailerSize?: number;
  /** Field lines in a trailer section. Past it 431.
   *
   * @default {64} */
  readonly maxTrailerCount?: number;
  /** Content that the application left unread and that is taken in so that the connection can be
   * kept, in octets. Past it the connection closes after the answer.
   *
   * @default {65_536} */
  readonly drainLimit?: number;
  /** Octets that are read and dropped when a connection closes while its client still sends, so that
   * the answer is not lost to a reset. Past it nothing more is read; the connection closes 2 s after the
   * answer in any case.
   *
   * @default {262_144} */
  readonly lingerLimit?: number;

  /** Folders, or archives such as wheels, in which applications in Python find packages, behind their
   * own folder and Python's library: one or several, relative to the working directory. Packages have
   * to be pure Python.
   *
   * @default {[]} */
  readonly pythonPath?: string | readonly string[];

  /** What becomes of field names with an underscore, which CGI and WSGI cannot tell from a hyphen:
   * the field line is dropped, the request is refused with 400, or they are allowed. WSGI applications
   * never see them.
   *
   * @default {"allow"} */
  readonly underscoreHeaders?: "drop" | "refuse" | "allow";
  /** Value of the `Server` field in answers; the empty string leaves the field out.
   *
   * @default {"Robusto/0.1.0"} */
  readonly serverName?: string;
  /** Highest version of HTTP that is spoken.
   *
   * @default {"HTTP/1.1"} */
  readonly protocol?: "HTTP/1.1" | "HTTP/1.0";
  /** Whether CONNECT, with its authority-form target, is let through to a `Gateway`; a `Request`
   * cannot carry it. Without this it is answered 405.
   *
   * @default {false} */
  readonly proxyMode?: boolean;
  /** Whether to refuse what RFC 9112 forbids clients to send but readers could agree about: certain
   * octets in a target, methods with small letters.
   *
   * @default {true} */
  readonly strictMode?: boolean;

  /** The proxies in front that are believed: IP addresses, networks such as `10.0.0.0/8`, or `unix` for
   * whoever connects over a UNIX socket. What anybody else says of where a request comes from is ignored.
   *
   * @default {[]} */
  readonly trustedProxies?: string | readonly string[];
  /** Fields in which `trustedProxies` tell whom they speak for, which then is the `remoteAddr`, scheme
   * and host of a request: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239), or none.
   *
   * @default {"x-forwarded"} */
  readonly forwardedFields?: "x-forwarded" | "forwarded" | "off";
  /** Whether connections begin with a header of the PROXY protocol, version 1 or 2, from which both ends'
   * addresses are taken. Only `trustedProxies` may send one: others that do are closed, and with
   * `"required"` everybody is who does not.
   *
   * @default {"off"} */
  readonly proxyProtocol?: "off" | "optional" | "required";

  /** The server's certificate in PEM, as in `Deno.serve`; the same as `tlsCertificate`. */
  readonly cert?: string;
  /** Its private key in PEM, as in `Deno.serve`; the same as `tlsPrivateKey`. */
  readonly key?: string;
  /** TLS as one object, in the place of the options that begin with `tls`: settings, or what speaks it. */
  readonly tls?: TlsSettings | TlsAdapter;
  /** Stops the server, as `stop()` does, when it is aborted. */
  readonly signal?: AbortSignal;
  /** Called with each address once the server listens on it. */
  readonly onListen?: (addr: Addr) => void;
  /** Makes the answer to a request whose Fetch handler failed. Without it the answer is a plain 500. */
  readonly onError?: (error: unknown) => Response | Promise<Response>;
  /** Takes the server's log events. Without it they go to standard error, a line each, except those
   * of level `debug`. */
  readonly onLog?: (event: LogEvent) => void;
}
