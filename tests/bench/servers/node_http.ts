// The works of the suite `realistic`, and a greeting at any other path, for node:http.

import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { PAGE } from "./works.ts";
import { itemsOf } from "./items.ts";

const piece = new TextEncoder().encode("0123456789abcdef".repeat(64));

type Handler = (request: IncomingMessage, response: ServerResponse, query: string) => unknown;

const WORKS: Readonly<Record<string, Handler>> = {
  "/json": listItems,
  "/order": sumOrder,
  "/form": greet,
  "/file": describeFile,
  "/stream": sendPieces,
  "/page": (_request, response) => {
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("ETag", '"a1b2c3d4"');
    respond(response, PAGE, "text/html; charset=utf-8");
  },
};

const server = createServer(async (request, response) => {
  const [path, query = ""] = request.url!.split("?");
  const work = WORKS[path];
  if (work === undefined) return respond(response, "Hello world!");
  try {
    await work(request, response, query);
  } catch {
    // the end of a load interrupts some requests
  }
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") return;
  console.log(`Listening on http://127.0.0.1:${address.port}/`);
});

function listItems({ headers }: IncomingMessage, response: ServerResponse, query: string): void {
  const parameters = new URLSearchParams(query);
  const page = Number(parameters.get("page"));
  const items = itemsOf(page);
  response.setHeader("Cache-Control", "private, max-age=60");
  response.setHeader("ETag", '"5f3c2a10"');
  response.setHeader("Vary", "Accept-Language, Cookie");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Request-Cost", "1");
  const content = {
    page,
    sort: parameters.get("sort"),
    language: headers["accept-language"],
    cookies: headers.cookie?.length,
    items,
  };
  respond(response, JSON.stringify(content), "application/json");
}

async function sumOrder(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { customer, lines } = JSON.parse(`${await contentOf(request)}`);
  let total = 0;
  for (const { amount, price } of lines) total += amount * price;
  const content = { customer, lines: lines.length, total };
  respond(response, JSON.stringify(content), "application/json");
}

async function greet(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(`${await contentOf(request)}`);
  respond(response, `Thank you, ${form.get("name")} <${form.get("email")}>`);
}

async function describeFile(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const octets = await contentOf(request);
  respond(response, `${octets.length} ${octets[0]} ${octets[octets.length - 1]}`);
}

function sendPieces(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Content-Type", "text/plain");
  for (let i = 0; i < 16; i++) response.write(piece);
  response.end();
}

async function contentOf(request: IncomingMessage) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

function respond(response: ServerResponse, text: string, type = "text/plain;charset=UTF-8"): void {
  response.setHeader("Content-Type", type);
  response.end(text);
}
