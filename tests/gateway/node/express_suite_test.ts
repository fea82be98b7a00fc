// Express' own tests against our server in place of Node's, with the cases that fail and why. npm's package has
// no tests, so they need a checkout of Express with its development packages (`npm install`).

import { assertEquals } from "@std/assert";

/** Path of the checkout. */
const CHECKOUT = Deno.env.get("ROBUSTO_EXPRESS");

/** Cases that fail with us and pass under Node's server, by their reason. */
const DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  "a Host that is none has 400 (RFC 9112 §3.2)": [
    "res > when accepting html > should escape the url",
    "res > when accepting html > should not render evil javascript links in anchor href (prevent XSS)",
    "res > when accepting text > should encode the url",
  ],
  "the server frames messages: no client asked for these codings (RFC 9110 §10.1.4)": [
    "compress",
    "deflate",
    "gzip",
  ]
    .map((coding) =>
      "res > when Transfer-Encoding header is present > should not add Content-Length header if " +
      `Transfer-Encoding header is equal to ${coding}`
    ),
  "a client that closes its side may still read for a second": [
    "res > .sendFile(path, fn) > should invoke the callback when client aborts",
  ],
};

Deno.test({
  name: "Express' own tests pass but for the differences that are listed" +
    (CHECKOUT === undefined ? " (ROBUSTO_EXPRESS names no checkout)" : ""),
  ignore: CHECKOUT === undefined,
  fn: async () => {
    const [node, robusto] = [await run("node"), await run("robusto")];
    console.log({ node: node.passed, robusto: robusto.passed });
    const ours = Object.keys(robusto.failed).filter((name) => !(name in node.failed));
    assertEquals(ours.sort(), Object.values(DIFFERENCES).flat().sort());
  },
});

async function run(server: string): Promise<{ passed: number; failed: Record<string, string> }> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("suites/express.ts", import.meta.url).href,
      CHECKOUT!,
      server,
    ],
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
}
