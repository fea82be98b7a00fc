// Helpers that the tests of the server share.

import { assert } from "@std/assert";
import { Server, type ServerOptions } from "../../mod.ts";
import { Program, ROOT } from "../support/program.ts";

export const GET = "GET / HTTP/1.1|Host: a||";
export const ANY = "127.0.0.1:0";

export const hello = () => new Response("hello");

/** A server that logs nothing to standard error. */
export function quiet(options: ServerOptions = {}): Server {
  return new Server({ app: hello, bind: ANY, onLog: () => {}, ...options });
}

export async function textOf(server: Server): Promise<string> {
  return await (await fetch(`http://${server.bindAddr}/`)).text();
}

/** Whether a server listens at an address. */
export async function listens({ hostname, port }: Deno.NetAddr): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (error) {
    // Reset: it was still in the queue of a listener that was being closed.
    const { ConnectionRefused, ConnectionReset } = Deno.errors;
    assert(error instanceof ConnectionRefused || error instanceof ConnectionReset);
    return false;
  }
}

/** Starts a module that imports the server, in another process. */
export function startModule(code: string): Promise<Program> {
  const input = `import { serve, Server } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};\n`;
  return Program.start(["run", "-A", "--no-check", "-"], { input: input + code });
}
