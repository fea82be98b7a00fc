// Uploads random forms in chunks and pieces of random sizes: the application gets each field and each file as it was
// sent, in this thread and in a pool. Some forms end too early.
// For more: ROBUSTO_SOAK=1.

import { assertEquals } from "@std/assert";
import { ModuleApp } from "../../../mod.ts";
import { joinPieces } from "../../../src/content/concat.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import forms, { describeForm } from "./forms_app.ts";

const FORMS = runLength({ short: 100, long: 10_000 });
const CONNECTIONS = 8;
const BOUNDARIES = ["x", "----WebKitFormBoundaryABC", "a'()+_,-./:=?b", "x".repeat(70)];
const NAMES = ["a", "b c", "\u00e9\u4e16", "c;d", "e=f"];
const TYPES = ["text/plain", "application/octet-stream", "image/png"];

const sites = {
  "the accepting thread": () => new Site(forms.fetch),
  "a pool": () => {
    const app = new ModuleApp(new URL("./forms_app.ts", import.meta.url));
    return new Site(app, { mode: "pool", minWorkers: 2 });
  },
};

for (const [where, begin] of Object.entries(sites)) {
  Deno.test(`random forms arrive as they were sent, in ${where}`, () =>
    withSeed(async (random) => {
      await using site = begin();
      let left = FORMS;
      const client = async () => {
        using client = new RawClient(await site.dial(), 60_000);
        while (left-- > 0) await sendForm(client, random);
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, client));
      assertEquals(site.log.filter(({ level }) => level === "error"), []);
    }));
}

/** Sends a form, and compares with what the platform finds in the same octets. */
async function sendForm(client: RawClient, random: Random): Promise<void> {
  const boundary = random.pick(BOUNDARIES);
  const parts = random.some(4, () => makePart(boundary, random));
  const whole = `${parts.join("")}--${boundary}--\r\n`;
  const octets = utf8(random.chance(0.1) ? whole.slice(0, random.below(whole.length)) : whole);
  const type = `multipart/form-data; boundary="${boundary}"`;
  const expected = await describeForm(new Response(octets, { headers: { "Content-Type": type } }));
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}`;
  const isChunked = random.chance(0.7);
  const message = isChunked
    ? joinPieces([
      utf8(`${head}\r\nTransfer-Encoding: chunked\r\n\r\n`),
      ...random.pieces(octets).flatMap((piece) => [
        utf8(`${piece.length.toString(16)}${random.chance(0.02) ? ";a=b" : ""}\r\n`),
        piece,
        utf8("\r\n"),
      ]),
      utf8("0\r\n\r\n"),
    ])
    : joinPieces([utf8(`${head}\r\nContent-Length: ${octets.length}\r\n\r\n`), octets]);
  for (const piece of random.pieces(message)) await client.send(piece);
  const response = await client.read();
  assertEquals(
    response.status === 200 ? JSON.parse(contentText(response)) : undefined,
    expected,
    `status ${response.status} for ${JSON.stringify(new TextDecoder().decode(octets))}`,
  );
}

function makePart(boundary: string, random: Random): string {
  const text = makeText(boundary, random);
  const name = `--${boundary}\r\nContent-Disposition: form-data; name="${random.pick(NAMES)}"`;
  if (random.chance(0.5)) return `${name}\r\n\r\n${text}\r\n`;
  const file = `filename="${random.pick(NAMES)}.txt"\r\nContent-Type: ${random.pick(TYPES)}`;
  return `${name}; ${file}\r\n\r\n${text}\r\n`;
}

/** Text in which line ends and parts of the delimiter stand. */
function makeText(boundary: string, random: Random): string {
  const pieces = [
    "a",
    "\r\n",
    "\r",
    "\n",
    "--",
    `--${boundary.slice(1)}`,
    "\r\n-",
    "0\r\n\r\n",
    "\u{1f40d}",
  ];
  return random.some(random.pick([3, 30, 300]), () => random.pick(pieces)).join("")
    .replaceAll(`\r\n--${boundary}`, "");
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
