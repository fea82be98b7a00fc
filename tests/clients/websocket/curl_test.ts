// The upgrade to a WebSocket by curl, whose user sees the octets.

import { assertEquals, assertMatch } from "@std/assert";
import { isInstalled } from "../../support/program.ts";
import { echoSite } from "./echo_site.ts";

const installed = isInstalled("curl");

Deno.test({
  name: `curl: upgrades, and gets the frames of the server${
    installed ? "" : " (curl is not installed)"
  }`,
  ignore: !installed,
  async fn() {
    await using site = echoSite();
    await (await fetch(site.url)).text(); // it is loaded
    const fields = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ].flatMap((field) => ["--header", field]);
    const { stdout } = await new Deno.Command("curl", {
      args: [
        "--silent",
        "--include",
        "--http1.1",
        "--max-time",
        "0.3",
        ...fields,
        `${site.url}/greet`,
      ],
    }).output();
    const text = String.fromCharCode(...stdout);
    assertMatch(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assertMatch(text, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
    assertEquals(text.slice(text.indexOf("\r\n\r\n") + 4), "\x81\x05hello\x88\x02\x03\xe8");
  },
});
