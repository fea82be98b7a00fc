// The handler of the Fetch servers of the benches, on both sides of each comparison.

import { pathOf, WORKS } from "./works.ts";

const GIGABYTE = 2 ** 30;
const piece = new Uint8Array(64 * 1024);

/** Responds by path: `/upload` counts octets, `/download` sends 1 GiB, `/events` sends an event a second, `/wait`
 * responds after 100 ms, `/heavy` computes for 200 ms and `/hang` without end, `/pieces/SIZE` streams 64 KiB in pieces of SIZE
 * octets, and the works of the suite `realistic` have theirs. Any other path gets a greeting. */
export function handler(request: Request): Response | Promise<Response> {
  const { url } = request;
  if (url.endsWith("/")) return new Response("Hello world!");
  const path = pathOf(url);
  const work = WORKS.get(path);
  if (work !== undefined) return work(request);
  switch (path) {
    case "/upload":
      return upload(request);
    case "/download":
      return new Response(stream(GIGABYTE, piece));
    case "/events":
      return events();
    case "/wait":
      return wait();
    case "/heavy":
      compute(200);
      break;
    case "/hang":
      compute(Infinity);
  }
  if (path.startsWith("/pieces/")) {
    const size = Number(path.slice("/pieces/".length));
    return new Response(stream(piece.length, piece.subarray(0, size)));
  }
  return new Response("Hello world!");
}

async function wait(): Promise<Response> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return new Response("Hello world!");
}

function events(): Response {
  let timer: ReturnType<typeof setInterval>;
  const stream = new ReadableStream({
    start(controller) {
      const send = () => controller.enqueue(new TextEncoder().encode(`data: ${Date.now()}\n\n`));
      send();
      timer = setInterval(send, 1_000);
    },
    cancel: () => clearInterval(timer),
  });
  return new Response(stream, { headers: { "Content-Type": "text/event-stream" } });
}

function compute(duration: number): void {
  const end = performance.now() + duration;
  while (performance.now() < end);
}

async function upload(request: Request): Promise<Response> {
  let octets = 0;
  for await (const piece of request.body ?? []) octets += piece.length;
  return new Response(`${octets}`);
}

function stream(size: number, piece: Uint8Array): ReadableStream<Uint8Array> {
  let left = size / piece.length;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(piece);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}
