// The gateway for node:http: failures, limits and instances. like_node_test.ts compares it with Node's server.

import { assertEquals, assertRejects } from "@std/assert";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { serve } from "../../../mod.ts";
import { NodeGateway } from "../../../src/gateway/node/mod.ts";

Deno.test("a handler that throws, or whose promise rejects, has the response 500", async () => {
  const fail = () => {
    throw new Error("no");
  };
  for (const handler of [fail, () => Promise.reject(new Error("no"))]) {
    await using server = await startOurs(handler);
    const response = await fetch(server.url);
    await response.body?.cancel();
    assertEquals(response.status, 500);
  }
});

Deno.test("content over the limit has the response 413", async () => {
  await using server = await startOurs((req, res) => {
    req.on("error", () => {});
    req.resume().on("end", () => res.end());
  }, { maxContentSize: 3 });
  const response = await fetch(server.url, { method: "POST", body: chunked("too much") });
  await response.body?.cancel();
  assertEquals(response.status, 413);
});

Deno.test("an http.Server that does not listen is served by its event", async () => {
  const listener = http.createServer((_, res) => res.end("from its listener"));
  await using server = serve(new NodeGateway(listener), { port: 0, ...QUIET });
  assertEquals(await (await fetch(`http://${server.bindAddr}/`)).text(), "from its listener");
});

Deno.test("setTimeout of an http.Server ends silent responses, or calls its listener", async () => {
  const responses: ServerResponse[] = [];
  const app = http.createServer((_, response) => responses.push(response));
  app.setTimeout(20);
  await using server = serve(new NodeGateway(app), { port: 0, ...QUIET });
  await assertRejects(() => fetch(`http://${server.bindAddr}/`), TypeError);
  app.on("timeout", () => responses.pop()!.writeHead(504).end("late"));
  const response = await fetch(`http://${server.bindAddr}/`);
  assertEquals([response.status, await response.text()], [504, "late"]);
});

const QUIET = { onLog: () => {} } as const;

interface Started extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

type Start = (handler: (req: IncomingMessage, res: ServerResponse) => unknown) => Promise<Started>;

function startOurs(handler: Parameters<Start>[0], options: object = {}): Promise<Started> {
  const server = serve(new NodeGateway(handler), { port: 0, ...QUIET, ...options });
  const { port } = new URL(`http://${server.bindAddr}/`);
  return Promise.resolve({
    port: Number(port),
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

function chunked(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}
