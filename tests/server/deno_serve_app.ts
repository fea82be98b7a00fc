// An application that deno_serve_agreement_test.ts serves with Deno.serve and with Robusto in every mode.

type Case = (request: Request) => Response | Promise<Response>;

/** What a handler saw behind its response. */
let noted = Promise.resolve("");

/** Responds, and then has the content read. `read` begins before the response. */
function behind(wait: () => Promise<unknown>, read: () => Promise<string>): Response {
  const { promise, resolve } = Promise.withResolvers<string>();
  noted = promise;
  void wait().then(read).then((text) => `read ${text.length}`, (error) => error.name).then(resolve);
  return new Response("given");
}

const moment = (time: number) => new Promise((resolve) => setTimeout(resolve, time));

function bodyOf(make: () => Response, look: (body: ReadableStream<Uint8Array>) => unknown): Case {
  return async () => {
    const response = make();
    await look(response.body!);
    return response;
  };
}

const locked = (body: ReadableStream) => void body.getReader();
const text = () => new Response("hello");
const octets = () => new Response(new Uint8Array([104, 105]));
const form = () => new Response(new URLSearchParams({ a: "b" }));
const stream = () => new Response(ReadableStream.from([new TextEncoder().encode("hello")]));

let kept: Response | undefined;

/** By path. */
const CASES: Record<string, Case> = {
  "/noted": async () => new Response(await noted),
  "/looked-at": bodyOf(text, () => {}),
  "/octets-looked-at": bodyOf(octets, () => {}),
  "/form-looked-at": bodyOf(form, () => {}),
  "/locked": bodyOf(text, locked),
  "/octets-locked": bodyOf(octets, locked),
  "/stream-locked": bodyOf(stream, locked),
  "/released": bodyOf(text, (body) => body.getReader().releaseLock()),
  "/read": bodyOf(text, (body) => body.getReader().read()),
  "/cancelled": bodyOf(text, (body) => body.cancel()),
  "/branched": bodyOf(text, (body) => void body.tee()),
  "/cloned": () => {
    const response = text();
    void response.body;
    void response.clone();
    return response;
  },
  "/keep": () => {
    kept = text();
    void kept.body;
    return kept;
  },
  "/kept": () => kept!,
  "/without-this": function (this: unknown) {
    return new Response(String(this));
  },
  "/echo": (request) => new Response(request.body),
  "/echo-as": (request) => new Response(request.body, { headers: { "Content-Type": "a/b" } }),
  "/echo-whole": (request) => new Response(new Request(request).body),
  "/echo-changed": (request) =>
    new Response(request.body?.pipeThrough(new TransformStream()) ?? null),
  "/late": (request) => behind(() => moment(20), () => request.text()),
  "/at-once": (request) => behind(() => Promise.resolve(), () => request.text()),
  "/next-turn": (request) => behind(() => moment(0), () => request.text()),
  "/late-json": (request) => behind(() => moment(20), () => request.json()),
  "/before": (request) => {
    const reading = request.text();
    return behind(() => reading, () => reading);
  },
  "/clone": (request) => {
    const clone = request.clone();
    return behind(() => moment(20), () => clone.text());
  },
};

export default {
  fetch: (request: Request): Response | Promise<Response> => {
    const handle = CASES[new URL(request.url).pathname];
    return handle === undefined ? new Response("none", { status: 404 }) : handle(request);
  },
};
