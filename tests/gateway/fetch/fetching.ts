// Messages, streams and a handler that the tests of Fetch handlers share.

import { assertEquals } from "@std/assert";
import { applicationWrapper, Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

/** Whether the inside of Request and Response is out of reach. */
export const publicPath = Object.getOwnPropertySymbols(new Response("")).length === 0;

/** Whether responses go through a pool: errors arrive as text then, and little content as a whole. */
export const pooled = applicationWrapper.wrap !== undefined;

/** How content is framed whose length is known where the inside of a Response can be seen. */
export const wholeFraming = publicPath ? "chunked" : "length";

export const GET = "GET / HTTP/1.1|Host: a||";

export function post(content: string, fields = ""): string {
  return `POST /p HTTP/1.1|Host: a|${fields}Content-Length: ${content.length}||${content}`;
}

/** Has a handler look at the Request for one message. */
export async function look<Seen>(wire: string, see: (request: Request) => Seen | Promise<Seen>) {
  let seen: Seen | undefined;
  await using site = new Site(async (request) => {
    seen = await see(request);
    return new Response("seen");
  });
  const { status } = await site.ask(wire);
  assertEquals([status, site.log], [200, []]);
  return seen as Seen;
}

/** Has a handler give one Response to one message. */
export async function responseOf(make: () => Response | Promise<Response>, wire = GET) {
  await using site = new Site(make);
  const response = await site.ask(wire);
  assertEquals(site.log, []);
  return response;
}

export const never = new Promise<void>(() => {});

export function streamOf(...pieces: string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(pieces.map(octets));
}

export function failingStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let pulled = false;
  return new ReadableStream({
    pull(controller) {
      if (pulled) throw new Error("secret of the stream");
      pulled = true;
      controller.enqueue(octets("hello"));
    },
  }, { highWaterMark: 0 });
}
