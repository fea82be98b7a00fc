// Lets `listen()` of each `http.Server` of this process start our server in place of Node's, so that tests of
// a framework run against it. Preloaded, or called by a program of tests.

import http from "node:http";
import { serve, type Server } from "../../../../mod.ts";
import { NodeGateway } from "../../../../src/gateway/node/mod.ts";

interface Listening extends http.Server {
  emit(name: string, ...values: unknown[]): boolean;
}

/** Replaces `listen` and what belongs to it. */
export function listenWithRobusto(): void {
  const servers = new WeakMap<http.Server, Server>();
  const methods: Record<string, (this: Listening, ...args: unknown[]) => unknown> = {
    listen(...args) {
      const [first, second] = args;
      const options = typeof first === "object" && first !== null
        ? first
        : { port: first, host: second };
      const { port, host } = options as { port?: unknown; host?: unknown };
      const done = args.find((each) => typeof each === "function");
      if (done !== undefined) this.once("listening", done as () => void);
      try {
        const server = serve(new NodeGateway(this), {
          port: typeof port === "function" ? 0 : Number(port ?? 0),
          hostname: typeof host === "string" && host !== "localhost" ? host : "127.0.0.1",
          ...{ maxRequestLineSize: 65_536, shutdownTimeout: 100, onLog() {} },
        });
        servers.set(this, server);
        setTimeout(() => this.emit("listening"));
      } catch (error) {
        const code = error instanceof Deno.errors.AddrInUse ? "EADDRINUSE" : undefined;
        setTimeout(() => this.emit("error", Object.assign(error as Error, { code })));
      }
      return this;
    },
    address() {
      const addr = servers.get(this)?.addr;
      return addr === undefined
        ? null
        : { address: addr.hostname, port: addr.port, family: "IPv4" };
    },
    close(done) {
      const server = servers.get(this);
      servers.delete(this);
      const code = "ERR_SERVER_NOT_RUNNING";
      const error = server === undefined
        ? Object.assign(new Error("Not running"), { code })
        : undefined;
      void Promise.resolve(server?.stop()).then(() => {
        if (error === undefined) this.emit("close");
        (done as ((error?: Error) => void) | undefined)?.(error);
      });
      return this;
    },
    closeAllConnections() {},
    closeIdleConnections() {},
  };
  Object.assign(http.Server.prototype, methods);
  Object.defineProperty(http.Server.prototype, "listening", {
    configurable: true,
    get: function (this: http.Server) {
      return servers.has(this);
    },
  });
}
