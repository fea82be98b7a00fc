// Sends random streams to nginx and HAProxy in front of a server. The front gives each request that it sends a number
// of its own; a request without one, or with one that was seen before, would be octets that the front took for content.
// Honest clients beside it must get their own responses. For more: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import { Front, type Places, testWith } from "../../proxies/front.ts";
import { until } from "../../support/latch.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import { makeStream } from "./request_streams.ts";

const STREAMS = runLength({ short: 200, long: 20_000 });
const CONNECTIONS = 16;
/** How long a stream's responses are waited for, in milliseconds: many streams are incomplete. */
const PATIENCE = 150;
const PORT = 8080;

/** Remembers the number of each request, and responds with the target. */
class Recorder extends Gateway {
  readonly numbers: string[] = [];

  override async respond(exchange: Exchange): Promise<void> {
    const { head, content } = exchange;
    const numbers = [...head.fields.entries()].filter(([name]) => /^x-front-number$/i.test(name));
    this.numbers.push(numbers.map(([, value]) => value).join(" and "));
    await content?.read();
    await exchange.respond({ status: 200, fields: [] }, head.target.raw);
  }
}

interface FrontKind {
  readonly proxy: "nginx" | "haproxy";
  readonly name: string;
  readonly places: (log: string) => Places;
}

const kinds: readonly FrontKind[] = [
  {
    proxy: "nginx",
    name: "nginx",
    places: (log) => ({
      "upstream robusto": `log_format numbers "$request_id"; upstream robusto`,
      "client_max_body_size 100m;": `client_max_body_size 100m; access_log ${log} numbers;
        proxy_set_header X-Front-Number $request_id;`,
    }),
  },
  {
    proxy: "haproxy",
    name: "HAProxy",
    places: () => ({
      "option forwardfor":
        "option forwardfor\n    http-request set-header X-Front-Number %[uuid()]",
      "retries 3": "retries 0",
      " check\n": "\n",
    }),
  },
];

for (const { proxy, name, places } of kinds) {
  testWith(
    proxy,
    `no octet becomes a request that ${name} did not send`,
    () =>
      withSeed(async (random) => {
        const recorder = new Recorder();
        const log = await Deno.makeTempFile();
        const site = new Site(recorder, {
          bind: ["127.0.0.1:0", "127.0.0.1:0"],
          proxyProtocol: "optional",
          trustedProxies: "127.0.0.1",
        });
        const [one, two] = site.server.addrs.map(({ port }) => `127.0.0.1:${port}`);
        try {
          const ports = proxy === "nginx" ? [PORT] : [PORT, 8081];
          await using front = await Front[proxy](
            `${proxy}.${proxy === "nginx" ? "conf" : "cfg"}`,
            ports,
            {
              "127.0.0.1:8070": one,
              "127.0.0.1:8071": two,
              ...places(log),
            },
          );
          const port = front.ports.get(PORT)!;
          const requests = await attackThrough(port, random);
          const { numbers } = recorder;
          assertEquals(numbers.filter((number) => !/^[0-9a-f-]{32,36}$/.test(number)), []);
          assertEquals(new Set(numbers).size, numbers.length, "a number came twice");
          assert(numbers.length > STREAMS / 4 + requests, `${numbers.length} requests`);
          if (proxy === "nginx") {
            const logged = () => new Set(Deno.readTextFileSync(log).trim().split("\n"));
            await until(() => numbers.every((number) => logged().has(number)));
          }
        } finally {
          await site[Symbol.asyncDispose]();
          await Deno.remove(log);
        }
      }),
  );
}

/** Sends all streams, with honest clients beside them.
 *
 * @returns the number of honest requests */
async function attackThrough(port: number, random: Random): Promise<number> {
  let left = STREAMS;
  let honest = 0;
  const attacker = async () => {
    while (left-- > 0) await sendStream(port, makeStream(random), random);
  };
  const attacking = Promise.all(Array.from({ length: CONNECTIONS }, attacker));
  const client = async (own: number) => {
    using client = new RawClient(await Deno.connect({ port }));
    while (left > 0) {
      const target = `/honest/${own}/${++honest}`;
      await client.send(octetsOf(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`));
      assertEquals(contentText(await client.read()), target);
    }
  };
  await Promise.all([attacking, client(1), client(2)]);
  return honest;
}

/** Sends a stream in pieces, and waits for the end of the connection, or for long enough. */
async function sendStream(port: number, stream: string, random: Random): Promise<void> {
  const conn = await Deno.connect({ port });
  const timer = setTimeout(() => conn.closeWrite().catch(() => {}), PATIENCE);
  const later = setTimeout(() => close(conn), 2 * PATIENCE);
  try {
    const buffer = new Uint8Array(4_096);
    const reading = (async () => {
      while (await conn.read(buffer) !== null);
    })().catch(() => {});
    for (const piece of random.pieces(octetsOf(stream))) await conn.write(piece);
    await reading;
  } catch {
    // The front has closed the connection.
  } finally {
    clearTimeout(timer);
    clearTimeout(later);
    close(conn);
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}

function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
