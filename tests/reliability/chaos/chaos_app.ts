// The Fetch application of the chaos tests: takes and gives content that shows whose it is, and breaks in every
// way that a test asks for.

import { foreignIn, patternOf } from "./pattern.ts";

const kept: unknown[] = [];

/** Ways to break, by path. */
const faults: Record<string, () => Response | Promise<Response>> = {
  "/throw": () => {
    throw new Error("asked to");
  },
  "/exit": () => Deno.exit(1),
  "/close": () => {
    self.close();
    return new Promise<never>(() => {});
  },
  "/loop": () => {
    for (;;);
  },
  "/hang": () => new Promise<never>(() => {}),
  "/memory": () => {
    for (;;) kept.push(new Array(100_000).fill(kept.length));
  },
  "/cut": () => {
    let count = 0;
    const pull = (controller: ReadableStreamDefaultController) => {
      if (count++ < 3) controller.enqueue(new Uint8Array(1_000));
      else controller.error(new Error("asked to"));
    };
    return new Response(new ReadableStream({ pull }));
  },
};

/** Gives content in pieces, some of them later. */
function streamOf(octets: Uint8Array<ArrayBuffer>, pieceSize: number): ReadableStream {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= octets.length) return controller.close();
      if (at % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      controller.enqueue(octets.slice(at, at += pieceSize));
    },
  });
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const fault = faults[pathname];
    if (fault !== undefined) return await fault();
    const id = Number(searchParams.get("id"));
    const size = Number(searchParams.get("size"));
    switch (pathname) {
      case "/give":
        return new Response(patternOf(id, size));
      case "/give-text":
        return new Response(new TextDecoder().decode(patternOf(id, size)));
      case "/stream":
        return new Response(streamOf(patternOf(id, size), Number(searchParams.get("piece"))));
      case "/take": {
        const octets = await request.bytes();
        const foreign = foreignIn(octets, id);
        return foreign === undefined
          ? new Response(octets)
          : new Response(foreign, { status: 599, headers: { "X-Foreign": "1" } });
      }
      case "/pass":
        return new Response(request.body);
      default:
        return new Response("unknown", { status: 404 });
    }
  },
};
