// A client of the chaos tests. Each of its exchanges has a number that shows in every block of its content. It
// leaves in the middle as real clients do, and checks every octet that it gets.

import { assertEquals } from "@std/assert";
import { joinPieces } from "../../../src/content/concat.ts";
import { BadResponse, RawClient, type RawResponse, saysClose } from "../../support/raw_client.ts";
import type { Random } from "../random.ts";
import { foreignIn, patternOf } from "./pattern.ts";

/** What happened so far. */
export interface ChaosCounts {
  /** Right responses. */
  responses: number;
  /** Exchanges that the client left in the middle. */
  left: number;
  /** Faults that were asked for. */
  faults: number;
  /** Exchanges that failed beside a fault of their worker: an open stream and a handler that waits for its
   * client hold no place, so their worker gets other requests meanwhile. */
  besideFaults: number;
  /** Other exchanges that failed although nothing was asked for but content. */
  failed: string[];
}

/** How the client behaves. */
export interface ChaosOptions {
  /** Opens a connection to the server. */
  readonly connect: () => Promise<Deno.Conn>;
  readonly random: Random;
  /** Longest pause between two requests, in milliseconds.
   *
   * @default {0} */
  readonly pause?: number;
  /** Paths of the faults to ask for; the chance of each request to be one. */
  readonly faults: readonly string[];
  readonly faultChance: number;
  readonly counts: ChaosCounts;
}

const KINDS = ["/give", "/give-text", "/stream", "/take", "/take", "/pass"];
const SIZES = [0, 1, 15, 100, 1_000, 5_000, 20_000, 70_000, 300_000];

let lastId = 0;

/** Sends requests over connections, one after the other, until the time is over. */
export async function runChaosClient(options: ChaosOptions, until: number): Promise<void> {
  while (performance.now() < until) {
    using client = new RawClient(await options.connect(), 60_000);
    let persists = true;
    while (persists && performance.now() < until) {
      persists = await exchangeOnce(client, options);
      if (options.pause !== undefined) await pause(options.random.below(options.pause));
    }
  }
}

async function exchangeOnce(client: RawClient, options: ChaosOptions): Promise<boolean> {
  const { random, counts } = options;
  if (random.chance(options.faultChance)) {
    await askForFault(client, random.pick(options.faults));
    counts.faults++;
    return false;
  }
  const id = ++lastId % 10_000_000;
  const path = random.pick(KINDS);
  const size = random.pick(SIZES);
  const takes = path === "/take" || path === "/pass";
  const piece = Math.ceil(size / (1 + random.below(50))) || 1;
  const query = `?id=${id}&size=${size}&piece=${piece}`;
  const request = encodeRequest(`${path}${query}`, takes ? patternOf(id, size) : undefined, random);
  if (random.chance(0.05)) {
    await client.trySend(request.subarray(0, random.below(request.length)));
    counts.left++;
    return false;
  }
  const cut = takes && random.chance(0.5) ? random.below(request.length) : request.length;
  const holdsPlace = path !== "/stream" && path !== "/pass" && cut === request.length;
  const fail = (what: string) => {
    if (holdsPlace) counts.failed.push(`${path} ${size} ${what}`);
    else counts.besideFaults++;
  };
  const sending = sendInPieces(client, request, cut, random.below(20));
  if (random.chance(0.05)) {
    client.close();
    await sending;
    counts.left++;
    return false;
  }
  let response: RawResponse;
  try {
    response = await client.read();
  } catch (error) {
    if (!wasCut(error)) {
      const sent = `${request.length} octets, paused behind ${cut}`;
      throw new Error(`${path} ${size} of exchange ${id}: ${sent}`, { cause: error });
    }
    fail((error as Error).message);
    return false;
  } finally {
    await sending;
  }
  const { status, content } = response;
  const foreign = status === 599 ? new TextDecoder().decode(content) : undefined;
  assertEquals(foreign ?? (status === 200 ? foreignIn(content, id) : undefined), undefined);
  if (status === 200) {
    assertEquals(content.length, size, `${path} of exchange ${id}`);
    counts.responses++;
  } else {
    fail(`${status}`);
  }
  return !saysClose(response);
}

/** Sends a request whose handler breaks: there is one error response, or the connection is cut. */
async function askForFault(client: RawClient, path: string): Promise<void> {
  await client.trySend(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
  try {
    const { status } = await client.read();
    if (status < 500 && status !== 200) throw new Error(`${path} has the response ${status}`);
  } catch (error) {
    if (!wasCut(error)) throw error;
  }
}

function encodeRequest(
  target: string,
  content: Uint8Array<ArrayBuffer> | undefined,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const head = `${content === undefined ? "GET" : "POST"} ${target} HTTP/1.1\r\nHost: a\r\n`;
  if (content === undefined) return new TextEncoder().encode(`${head}\r\n`);
  if (random.chance(0.5)) {
    return join([`${head}Content-Length: ${content.length}\r\n\r\n`, content]);
  }
  const parts: (string | Uint8Array<ArrayBuffer>)[] = [`${head}Transfer-Encoding: chunked\r\n\r\n`];
  for (let at = 0; at < content.length;) {
    const piece = content.subarray(at, at + 1 + random.below(20_000));
    parts.push(`${piece.length.toString(16)}\r\n`, piece, "\r\n");
    at += piece.length;
  }
  return join([...parts, "0\r\n\r\n"]);
}

function join(parts: readonly (string | Uint8Array<ArrayBuffer>)[]): Uint8Array<ArrayBuffer> {
  return joinPieces(
    parts.map((part) => typeof part === "string" ? new TextEncoder().encode(part) : part),
  );
}

/** Sends a request with a pause in the middle. */
async function sendInPieces(
  client: RawClient,
  request: Uint8Array<ArrayBuffer>,
  cut: number,
  delay: number,
): Promise<void> {
  await client.trySend(request.subarray(0, cut));
  if (cut === request.length) return;
  await pause(delay);
  await client.trySend(request.subarray(cut));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function wasCut(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.UnexpectedEof || // an end of TCP without one of TLS
    error instanceof BadResponse && error.kind === "truncated";
}
