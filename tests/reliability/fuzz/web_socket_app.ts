// Echoes the messages of WebSockets, closes after some, and shows on request how each socket has ended.

import { upgradeWebSocket } from "../../../mod.ts";

/** Units of a text after which the application closes. */
export const LAST_WORDS = 3;
/** How it does. */
export const OWN_CLOSE = { code: 4_000, reason: "enough" };

const ends = new Map<string, PromiseWithResolvers<string>>();

function endOf(name: string): PromiseWithResolvers<string> {
  const end = ends.get(name) ?? Promise.withResolvers<string>();
  ends.set(name, end);
  return end;
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response(await endOf(pathname).promise);
    }
    const { socket, response } = upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      socket.send(data);
      if (typeof data !== "string" || data.length !== LAST_WORDS) return;
      socket.close(OWN_CLOSE.code, OWN_CLOSE.reason);
    };
    socket.onclose = ({ code, reason, wasClean }) => {
      endOf(pathname).resolve(`${code} ${wasClean ? "clean" : "broken"} ${reason}`);
    };
    return response;
  },
};
