// What every server of the bench serves: the same handler, or for node:http the same answers.

const GIGABYTE = 2 ** 30;
const piece = new Uint8Array(64 * 1024);

/** Answers as the path says: `/upload` counts what comes, `/download` sends 1 GiB, else a greeting. */
export function handler(request: Request): Response | Promise<Response> {
  if (request.url.endsWith("/upload")) return upload(request);
  if (request.url.endsWith("/download")) return new Response(gigabyte());
  return new Response("Hello world!");
}

async function upload(request: Request): Promise<Response> {
  let octets = 0;
  for await (const piece of request.body ?? []) octets += piece.length;
  return new Response(`${octets}`);
}

function gigabyte(): ReadableStream<Uint8Array> {
  let left = GIGABYTE / piece.length;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(piece);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}
