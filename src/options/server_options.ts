// The options of a server and of a pool of workers, documented one by one; this file has no code.
// The values that each option takes are in option_rules.ts, the defaults in defaults.ts, the
// reasons for the numbers in docs/options.md.

import type { AccessRecord } from "../access_log/access_record.ts";
import type { LogEvent, LogLevel } from "../log/log_event.ts";
import type { TlsAdapter } from "../tls/tls_adapter.ts";
import type { TlsSettings } from "../tls/tls_settings.ts";
import type { Mode } from "./modes.ts";

/** Options of a pool of workers: of the server's pool, or of a pool that serves one mounted
 * application only. In mode `"inline"` they are refused. In mode `"sharded"` `minWorkers` is the
 * number of accepting threads, `startTimeout`, `workerTimeout`, `workerKind` and `maxAbandonedWorkers`
 * hold for these, and the others are refused. */
export interface PoolOptions {
  /** Number of workers that always run.
   *
   * @default {Math.max(2, navigator.hardwareConcurrency)} */
  readonly minWorkers?: number;
  /** Largest number of workers. Beyond `minWorkers` a worker is started when requests wait and no
   * worker is free. Without this option it is `minWorkers`. If this option alone is given and is
   * less than the default of `minWorkers`, `minWorkers` is lowered to it. */
  readonly maxWorkers?: number;
  /** Largest number of requests whose handlers are at work in one worker at a time. Past it they wait in
   * the queue. Responses that are being sent, and handlers that wait for their client's content, do not
   * count. A worker whose application blocks, such as a synchronous WSGI application, holds 1 request
   * unless this is given.
   *
   * @default {64} */
  readonly exchangesPerWorker?: number;
  /** Largest number of requests that wait for a worker. Past it the response is 503 with `Retry-After`.
   * Without this option more may wait, if at the rate of the last seconds they are served within
   * `queueTimeout`.
   *
   * @default {1_024} */
  readonly queueSize?: number;
  /** Longest wait of a request for a worker, in milliseconds. Past it the response is 503 with
   * `Retry-After`.
   *
   * @default {10_000} */
  readonly queueTimeout?: number;
  /** Most content of all requests together that is in memory while they wait for a worker, in bytes. Past it
   * content is not read ahead: the handler reads it. A request whose application blocks waits for room
   * instead, for at most `queueTimeout`.
   *
   * @default {67_108_864} */
  readonly maxBufferedContent?: number;
  /** Most content of all requests together that is in temporary files while they wait for a worker, in bytes.
   * A request whose application blocks, such as a synchronous WSGI application, is given to a worker only
   * with all of its content, so that slow clients hold no worker. What passes 64 KiB goes to a file. Past this
   * limit, and where no file can be made, the application waits for the rest of its client's content. 0 makes
   * no files: such an application reads content of more than 64 KiB, content in chunks and content of clients
   * that wait for 100 (Continue) as it comes.
   *
   * @default {1_073_741_824} */
  readonly maxSpooledContent?: number;
  /** Longest time from when a worker gets a request to the head of its response, in milliseconds. The wait
   * for the client's content does not count: it has its own deadlines. Past it the request's signal aborts;
   * then the worker is replaced and the response is 504.
   *
   * @default {Infinity} */
  readonly handlerTimeout?: number;
  /** Longest time from when a worker gets a request to the end of its response, in milliseconds, counted
   * as for `handlerTimeout`. Past it the same happens as past `handlerTimeout`; a response that has begun is cut off.
   *
   * @default {Infinity} */
  readonly responseTimeout?: number;
  /** Longest time for which a worker does not come back to its event loop, in milliseconds; for a worker
   * whose application blocks, the longest time without a sign of it within one request. Past it the
   * worker is ended and replaced, the response to each request that it had started is 504, and the log
   * names them. A handler that waits asynchronously is not concerned.
   *
   * @default {30_000} */
  readonly workerTimeout?: number;
  /** Longest time for which a worker loads the application, in milliseconds. Past it the worker is ended.
   * When it is one of the first workers, the server does not start.
   *
   * @default {60_000} */
  readonly startTimeout?: number;
  /** Whether another worker gets a GET, HEAD or OPTIONS request whose worker has ended before its response
   * began. It is tried once more only: it may be the request that ended the worker.
   *
   * @default {false} */
  readonly retryIdempotent?: boolean;
  /** Longest time without a request for a worker beyond `minWorkers`, in milliseconds. Past it the
   * worker is stopped.
   *
   * @default {60_000} */
  readonly workerIdleTimeout?: number;
  /** Number of requests after which a worker is replaced, varied by up to a tenth so that workers are
   * not all replaced at once.
   *
   * @default {Infinity} */
  readonly maxExchangesPerWorker?: number;
  /** Age at which a worker is replaced, in milliseconds.
   *
   * @default {Infinity} */
  readonly maxWorkerAge?: number;
  /** Largest memory of a worker, in bytes: its JavaScript heap (whole MiB), its array buffers, and
   * WebAssembly memory that JavaScript grows, such as that of embedded Python. Past it the worker is ended
   * and replaced, and the response to each of its requests is 500. docs/pool.md says when it is measured.
   *
   * @default {Infinity} */
  readonly maxWorkerHeap?: number;
  /** Kind of thread of the workers. `"web"` is a web Worker, which cannot be ended while it computes;
   * `"killable"` is a thread of `node:worker_threads`, which can. `"auto"` is `"killable"`.
   *
   * @default {"auto"} */
  readonly workerKind?: "auto" | "web" | "killable";
  /** Largest number of workers that could not be ended and still run outside the pool. Past it the
   * server is no longer `ready`.
   *
   * @default {2} */
  readonly maxAbandonedWorkers?: number;
}

/** Options of a server. All are optional. Durations are in milliseconds, sizes in bytes. Every
 * limit and deadline is in force unless it is `Infinity`. */
export interface ServerOptions<Addr extends Deno.Addr = Deno.NetAddr> extends PoolOptions {
  /** Address to listen on, or several. `HOST:PORT`, `[V6]:PORT`, `:PORT` (every IPv4 address) and
   * `PORT` are TCP addresses; port 0 is any free port. `unix:PATH` is a UNIX socket with a file, `unix:@NAME` an abstract one. `fd:N` and
   * `fd:NAME` are sockets that the process was started with.
   *
   * @default {"127.0.0.1:8070"} */
  readonly bind?: string | readonly string[];
  /** Host name or IP address to listen on, as in `Deno.serve`. Excludes `bind`. The port is 8070 unless
   * `port` is given. */
  readonly hostname?: string;
  /** TCP port to listen on, as in `Deno.serve`; 0 is any free port. Excludes `bind`. The address is
   * 127.0.0.1 unless `hostname` is given. Digits in a string count too, as in `Deno.serve`. */
  readonly port?: number | string;
  /** Path of a UNIX socket to listen on, as in `Deno.serve`; the same as `bind` with `unix:PATH`. Excludes
   * `bind`, `hostname` and `port`. */
  readonly path?: string;
  /** Whether other processes may listen on the same TCP port (SO_REUSEPORT): the system distributes the
   * connections among them. Deno needs the flag `--unstable-net` for it. Excludes mode `"sharded"`, whose
   * threads share one socket.
   *
   * @default {false} */
  readonly reusePort?: boolean;
  /** Permission bits of the file of a UNIX socket. A process needs write permission to connect.
   *
   * @default {0o660} */
  readonly socketMode?: number;
  /** Owner of the file of a UNIX socket, a user's name or number. Without it, the user who runs the
   * server. */
  readonly socketOwner?: string | number;
  /** Group of the file of a UNIX socket, a group's name or number. Without it, the group of the
   * user who runs the server. */
  readonly socketGroup?: string | number;
  /** What the server looks up about the process at the other end of a UNIX socket: `"off"` is nothing,
   * `"ids"` its process, user and group numbers, `"names"` also the names of its user and group. Needs
   * Linux and `--allow-ffi`.
   *
   * @default {"off"} */
  readonly peerCredentials?: "off" | "ids" | "names";
  /** Largest number of connections that the system keeps until they are accepted. Past it the system
   * drops connection attempts, and clients try again.
   *
   * @default {511} */
  readonly tcpBacklog?: number;
  /** Whether small writes are sent at once (TCP_NODELAY) instead of waiting for more.
   *
   * @default {true} */
  readonly noDelay?: boolean;
  /** Size of a connection's read buffer, in bytes. The buffer grows for a longer request head.
   *
   * @default {16_384} */
  readonly readBufferSize?: number;
  /** Number of bytes of a response that are gathered into one write.
   *
   * @default {32_768} */
  readonly writeBufferSize?: number;

  /** The server's certificate, which turns TLS on: PEM, or the path of a PEM file. The certificates
   * that lead to its root may follow it in the same text. */
  readonly tlsCertificate?: string;
  /** The certificate's private key: PEM, or the path of a PEM file. */
  readonly tlsPrivateKey?: string;
  /** The certificates that lead to the root, if they are in a separate file: PEM, or the path of a PEM
   * file. */
  readonly tlsCertificateChain?: string;
  /** Path of a file whose first line is the password of the private key. */
  readonly tlsPasswordFile?: string;
  /** Further certificates, for clients that ask for another name by SNI (RFC 6066 §3). Each is
   * `NAME=CERTIFICATE,KEY` with the paths of two files; `*.` in a name stands for one label. */
  readonly tlsSni?: string | readonly string[];
  /** Implementation of TLS: `"deno"` is `Deno.listenTls`, `"node"` is `node:tls`. `"auto"` is `"node"`,
   * which keeps every deadline; `"deno"` is faster and can do less. docs/tls.md has the differences.
   *
   * @default {"auto"} */
  readonly tlsAdapter?: "auto" | "deno" | "node";
  /** Whether the server asks clients for a certificate. With `"required"` a client without a
   * trusted certificate is not served. With `"optional"` it is served, and the application can see
   * whether there is one.
   *
   * @default {"none"} */
  readonly tlsClientAuth?: "none" | "optional" | "required";
  /** The authorities whose client certificates are trusted: PEM, or the path of a PEM file. */
  readonly tlsClientCa?: string;
  /** Lowest version of TLS that is accepted. With a lower one the handshake fails.
   *
   * @default {"TLSv1.2"} */
  readonly tlsMinVersion?: "TLSv1.2" | "TLSv1.3";
  /** Cipher suites that are accepted: OpenSSL's names, with colons between. A connection that agrees on
   * another one is closed before anything is read. Without it, every suite that Deno has. */
  readonly tlsCiphers?: string;
  /** Whether the files of certificates and keys are read again when they change.
   *
   * @default {false} */
  readonly tlsReloadOnChange?: boolean;

  /** Sets `handshakeTimeout`, `headTimeout`, `contentTimeout`, `writeTimeout` and `keepAliveTimeout` at
   * once, in milliseconds. Each of them that is also given has its own value. */
  readonly timeout?: number;
  /** Longest time from the accept until HTTP can begin, in milliseconds: for the PROXY header and
   * the TLS handshake, if there are any. Past it the connection is closed.
   *
   * @default {10_000} */
  readonly handshakeTimeout?: number;
  /** Longest wait for a complete request head, in milliseconds, from its first byte or, on a new
   * connection, from the accept. Progress does not extend it. Past it the response is 408; if no byte
   * came, the connection is closed without a response.
   *
   * @default {15_000} */
  readonly headTimeout?: number;
  /** Longest wait for the next piece of content, in milliseconds. Past it the response is 408.
   *
   * @default {30_000} */
  readonly contentTimeout?: number;
  /** Lowest average rate of content, in bytes per second, after 5 seconds of grace; 0 accepts any rate.
   * Below it the response is 408.
   *
   * @default {240} */
  readonly minContentRate?: number;
  /** Longest time for the arrival of a whole request, head and content, in milliseconds. Time in which
   * the application does not ask for content does not count. Past it the response is 408.
   *
   * @default {300_000} */
  readonly requestTimeout?: number;
  /** Longest time without progress while a response is written, in milliseconds. Past it the
   * connection is aborted.
   *
   * @default {60_000} */
  readonly writeTimeout?: number;
  /** Lowest rate at which a client takes a response, in bytes per second, after 5 seconds of grace; 0 accepts
   * any rate. Judged only while there is something to send and the client does not take it. Below it the
   * connection is aborted.
   *
   * @default {240} */
  readonly minResponseRate?: number;
  /** Longest wait for another request on a kept connection, in milliseconds. Past it the connection is
   * closed without a response.
   *
   * @default {65_000} */
  readonly keepAliveTimeout?: number;
  /** Longest wait for exchanges in flight when the server stops, in milliseconds; 0 does not wait.
   * Past it they are aborted.
   *
   * @default {10_000} */
  readonly shutdownTimeout?: number;

  /** Largest number of idle connections that are kept for another request. Past it responses say
   * `Connection: close`.
   *
   * @default {Infinity} */
  readonly keepAliveLimit?: number;
  /** Largest number of open connections. At the limit the longest idle one is closed for the next client;
   * while none has been idle for a second, the server accepts no more until one closes.
   * It is lowered where the process may open too few descriptors.
   *
   * @default {10_000} */
  readonly maxConnections?: number;
  /** Largest number of requests on one connection. The last response says `Connection: close`.
   *
   * @default {Infinity} */
  readonly maxRequestsPerConnection?: number;

  /** Largest number of upgraded connections, of each accepting thread. Past it the response is 503.
   *
   * @default {Infinity} */
  readonly maxWebSockets?: number;
  /** Largest message of a WebSocket, in bytes. Past it the socket is closed with 1009.
   *
   * @default {1_048_576} */
  readonly maxWebSocketMessage?: number;
  /** Silence of a WebSocket's client after which it gets a ping, in milliseconds. After as much silence again
   * the socket is closed with 1011.
   *
   * @default {30_000} */
  readonly webSocketPing?: number;
  /** Messages of a WebSocket that wait for its client, in bytes. The socket that sends another one past it is
   * cut off.
   *
   * @default {16_777_216} */
  readonly maxWebSocketBacklog?: number;
  /** Whether messages of WebSockets are compressed for clients that offer it (RFC 7692, `permessage-deflate`).
   *
   * @default {false} */
  readonly webSocketCompression?: boolean;

  /** Where handlers run: `"inline"` is the accepting thread, `"pool"` a pool of workers, `"sharded"`
   * `minWorkers` accepting threads on the same sockets. Without it, a module runs in the pool; a
   * function, an object or a `Gateway` runs inline, as it cannot go to another thread. */
  readonly mode?: Mode;

  /** Longest request line, in bytes. Past it the response is 414.
   *
   * @default {8_192} */
  readonly maxRequestLineSize?: number;
  /** Largest field section of a request, in bytes. Past it the response is 431.
   *
   * @default {32_768} */
  readonly maxHeadSize?: number;
  /** Largest number of field lines in a request's field section. Past it the response is 431.
   *
   * @default {100} */
  readonly maxFieldCount?: number;
  /** Largest content of a request, in bytes. Past it the response is 413. Content whose length is
   * declared is refused before any of it is read, other content as soon as it is larger.
   *
   * @default {104_857_600} */
  readonly maxContentSize?: number;
  /** Longest line with a chunk's size and extensions, in bytes. Past it the response is 400.
   *
   * @default {4_096} */
  readonly maxChunkLineSize?: number;
  /** Largest size of all chunk extensions in the content of a request, in bytes. Past it the
   * response is 413.
   *
   * @default {16_384} */
  readonly maxChunkExtensionSize?: number;
  /** Largest trailer section, in bytes. Past it the response is 431.
   *
   * @default {8_192} */
  readonly maxTrailerSize?: number;
  /** Largest number of field lines in a trailer section. Past it the response is 431.
   *
   * @default {64} */
  readonly maxTrailerCount?: number;
  /** Largest amount of content that the application left unread and that the server reads and drops so
   * that it can keep the connection, in bytes. Past it the connection is closed after the response.
   *
   * @default {65_536} */
  readonly drainLimit?: number;
  /** Largest number of bytes that the server reads and drops when it closes a connection on which the
   * client still sends, so that a reset does not destroy the response. Past it the server reads nothing
   * more, and closes the connection 2 seconds later. The content of the last request does not count: it is
   * read as far as `maxContentSize` allows while the client sends at least 4 KiB a second.
   *
   * @default {262_144} */
  readonly lingerLimit?: number;

  /** Which Python runs applications that are written in it. A real interpreter runs them in processes:
   * a path or a name such as `"python3.12"`. `"embedded"` runs them in CPython compiled to WebAssembly, in
   * threads of this process. `"auto"` takes the interpreter of `$VIRTUAL_ENV`, else that of `.venv` beside
   * the application or above it, else `python3`, which has to be 3.9 or newer; `"embedded"` if there is
   * none, or no permission to run it.
   *
   * @default {"auto"} */
  readonly python?: string;
  /** Folder, or archive such as a wheel, where applications in Python find packages, or several of
   * them. They are searched after the application's own folder and Python's library. Relative
   * paths start from the working directory. Packages for embedded Python must be pure Python.
   *
   * @default {[]} */
  readonly pythonPath?: string | readonly string[];
  /** Working directory of the processes of Python, where they also find modules that are given by name.
   * Paths of the server's own options, and of applications that are files, do not start from it.
   * By default it is the working directory of the server. */
  readonly chdir?: string;

  /** How a bare function is called that is the application: `"fetch"` as `(request, info)`, `"node"` as
   * `(req, res)` of node:http. With `"auto"` a function whose text shows that it is one of node:http is
   * refused with a message, and any other is called as a Fetch handler. Applications of other kinds are
   * known by their members.
   *
   * @default {"auto"} */
  readonly gateway?: "auto" | "fetch" | "node";

  /** What the server does with field names that contain an underscore, which CGI and WSGI cannot tell
   * from a hyphen: `"drop"` drops the field line, `"refuse"` refuses the request with 400, `"allow"`
   * passes the field on. WSGI applications never see such a field.
   *
   * @default {"allow"} */
  readonly underscoreHeaders?: "drop" | "refuse" | "allow";
  /** Value of the `Server` field in responses. The empty string leaves the field out.
   *
   * @default {"Robusto/0.1.0"} */
  readonly serverName?: string;
  /** Value of `SERVER_SOFTWARE` for WSGI applications.
   *
   * @default {"Robusto/0.1.0 Server"} */
  readonly software?: string;
  /** Highest version of HTTP that the server speaks.
   *
   * @default {"HTTP/1.1"} */
  readonly protocol?: "HTTP/1.1" | "HTTP/1.0";
  /** Whether responses of the application have a field such as `Server-Timing: queue;dur=0.4, app;dur=12.5`:
   * milliseconds that the request waited for a worker, and that the application took until it gave the
   * head of the response. Browsers show it in their developer tools.
   *
   * @default {false} */
  readonly serverTiming?: boolean;
  /** Whether CONNECT requests, which have an authority-form target, reach the application; a Fetch handler
   * responds with `info.upgrade()`. Without it the response to CONNECT is 405.
   *
   * @default {false} */
  readonly proxyMode?: boolean;
  /** Whether the server refuses what RFC 9112 forbids clients to send although every reader would
   * understand it the same way: certain bytes in a target, methods with small letters.
   *
   * @default {true} */
  readonly strictMode?: boolean;

  /** Proxies in front of the server that it trusts: IP addresses, networks such as `10.0.0.0/8`, or
   * `unix` for every client of a UNIX socket. What other clients say about the origin of a request is
   * ignored.
   *
   * @default {[]} */
  readonly trustedProxies?: string | readonly string[];
  /** Fields in which `trustedProxies` name the client's address, the scheme and the host of a
   * request: `"x-forwarded"` is `X-Forwarded-For`, `-Proto` and `-Host`, `"forwarded"` is
   * `Forwarded` (RFC 7239), `"off"` is no field.
   *
   * @default {"x-forwarded"} */
  readonly forwardedFields?: "x-forwarded" | "forwarded" | "off";
  /** Whether connections begin with a header of the PROXY protocol, version 1 or 2, which has the
   * addresses of both ends. Only `trustedProxies` may send one; a connection with one from another
   * client is closed. With `"required"` a connection without one is closed too.
   *
   * @default {"off"} */
  readonly proxyProtocol?: "off" | "optional" | "required";

  /** The access log, which has a line for every response: the path of a file, `"-"` for standard output,
   * or a function that is called with each record. Without it there is no access log. Lines that cannot
   * be written as fast as they come are lost and counted. */
  readonly accessLog?: string | ((record: AccessRecord) => void);
  /** Format of the lines in `accessLog`: `"common"` and `"combined"` as Apache's, `"json"`, or a template
   * with fields in braces, such as `"{method} {target} {status}"`. The fields are the members of
   * `AccessRecord`.
   *
   * @default {"combined"} */
  readonly accessLogFormat?: string;
  /** Where the error log goes: the path of a file, or `"-"` for standard error. Not together with `onLog`.
   *
   * @default {"-"} */
  readonly logFile?: string;
  /** Form of the lines in the error log. Not together with `onLog`.
   *
   * @default {"text"} */
  readonly logFormat?: "text" | "json";
  /** Least severe events in the error log. Not together with `onLog`.
   *
   * @default {"info"} */
  readonly logLevel?: LogLevel;
  /** Whether what an application prints in a worker (with `console`, or in Python) becomes an event of the log,
   * with the worker's number. Without it, that is so if `logFormat` is `"json"`. What processes of Python print
   * always does. */
  readonly captureOutput?: boolean;

  /** Address of the admin listener, which has health checks, metrics, what runs now, and a page for people:
   * `"127.0.0.1:9070"` or `"unix:/run/robusto-admin.sock"`. Never a public one. Without it there is none. */
  readonly admin?: string;
  /** File whose first line is the token that clients of `admin` have to send. Needed unless only this machine
   * reaches `admin`. */
  readonly adminTokenFile?: string;
  /** How long the server still accepts and serves when it is stopped, while `/readyz` of `admin` says that it
   * is not ready, so that load balancers notice. In milliseconds.
   *
   * @default {0} */
  readonly stopDelay?: number;

  /** The server's certificate in PEM, as in `Deno.serve`; the same as `tlsCertificate`. */
  readonly cert?: string;
  /** The private key in PEM, as in `Deno.serve`; the same as `tlsPrivateKey`. */
  readonly key?: string;
  /** TLS as one object, instead of the options that begin with `tls`: settings, or a `TlsAdapter`. */
  readonly tls?: TlsSettings | TlsAdapter;
  /** Stops the server, as `stop()` does, when it is aborted. */
  readonly signal?: AbortSignal;
  /** Called with each address once the server listens on it. Without it each address is a log event. */
  readonly onListen?: (addr: Addr) => void;
  /** Makes the response to a request whose Fetch handler failed. Without it the response is 500 with a
   * short text. */
  readonly onError?: (error: unknown) => Response | Promise<Response>;
  /** Takes the server's log events, those of level `debug` too. Without it they are written as `logFile`,
   * `logFormat` and `logLevel` say. */
  readonly onLog?: (event: LogEvent) => void;
}
