// deno run -A mod.ts examples/frameworks/connect.ts
//
// Connect with serve-static, which sends files with ranges and validators, and with a proxy to another
// server. Here the proxy leads back to the same server.

import connect from "npm:connect@3.7.0";
import { createProxyMiddleware } from "npm:http-proxy-middleware@4.2.2";
import serveStatic from "npm:serve-static@2.2.1";
import { fileURLToPath } from "node:url";

const app = connect();
app.use("/files", serveStatic(fileURLToPath(new URL("../", import.meta.url))));
app.use(
  "/proxied",
  createProxyMiddleware({
    target: "http://127.0.0.1:8070",
    router: (request) => `http://${request.headers.host}`,
  }),
);

export default app;

// You see: U=http://127.0.0.1:8070; curl -s -r 0-6 $U/files/hello.ts; curl -s -o /dev/null -w '%{http_code}' -H 'If-None-Match: *' $U/files/hello.ts; curl -s -r 0-6 $U/proxied/files/hello.ts -> // deno304// deno
