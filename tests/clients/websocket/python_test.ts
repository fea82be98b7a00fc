// WebSockets with Python's websockets (python3-websockets of Debian).

import { assertEquals } from "@std/assert";
import { echoSite } from "./echo_site.ts";

/** Debian's interpreter, which finds Debian's package. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = new URL("client.py", import.meta.url).pathname;

function python(...args: string[]): Deno.Command {
  return new Deno.Command(PYTHON, { args, stdin: "null", stdout: "piped", stderr: "piped" });
}

function hasWebsockets(): boolean {
  try {
    return python("-c", "import websockets").outputSync().success;
  } catch {
    return false;
  }
}

const installed = hasWebsockets();

Deno.test({
  name: `Python's websockets: messages, fragments, ping and close${
    installed ? "" : " (python3-websockets is not installed)"
  }`,
  ignore: !installed,
  async fn() {
    await using site = echoSite({ webSocketCompression: true });
    const { stdout, stderr } = await python(SCRIPT, site.url.replace("http", "ws")).output();
    const [out, errors] = [stdout, stderr].map((octets) => new TextDecoder().decode(octets));
    assertEquals(errors, "");
    assertEquals(JSON.parse(out), {
      protocol: "echo",
      echoes: [true, true, true, true, true],
      fragments: "abc",
      pong: true,
      closed: [3001, "as asked"],
      large: 1009,
      extensions: ["permessage-deflate"],
    });
  },
});
