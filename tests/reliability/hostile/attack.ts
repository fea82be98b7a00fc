// A server in a process that hostile clients of another process attack, and the honest clients that are measured
// meanwhile.

import { assert, assertEquals } from "@std/assert";
import { memoryOf, processTree } from "../../bench/load/processes.ts";
import { Program } from "../../support/program.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { isLongRun } from "../run_length.ts";

/** An attack. */
export interface Attack {
  /** Words of the command line: application and options. */
  readonly words: readonly string[];
  /** How many times the usual connections of each kind of clients. */
  readonly factor: number;
  /** The kinds that attack; all without it. */
  readonly kinds?: readonly string[];
  /** How long, in milliseconds. */
  readonly duration: number;
}

/** What an attack has cost. */
export interface AttackFigures {
  /** Light requests. */
  readonly count: number;
  /** Times of light requests in milliseconds, once the attack has begun. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Memory in MiB: before the attack, at most, and some seconds after it. */
  readonly before: number;
  readonly most: number;
  readonly after: number;
}

/** An honest client has its response within this time, in milliseconds, on a machine that is busy. */
export const PATIENCE = 15_000;

/** The attack has all its connections after so long, in milliseconds: their process has to start. */
const BEGINNING = isLongRun ? 3_000 : 500;

/** Starts a server and has it attacked. It must stop cleanly afterwards.
 *
 * @returns the figures */
export async function attackServer(attack: Attack): Promise<AttackFigures> {
  const { words, factor, kinds = [], duration } = attack;
  const flags = ["--bind", "127.0.0.1:0", "--log-level", "error"];
  const args = ["run", "-A", "--no-check", "mod.ts", ...words, ...flags];
  await using server = await Program.start(args);
  const port = Number(new URL(await server.url).port);
  const memory = () => memoryOf(processTree(server.pid), "VmRSS");
  for (let count = 0; count < 50; count++) await timeOfLight(port);
  const before = memory();
  const clients = new URL("hostile_clients.ts", import.meta.url).href;
  const attackers = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", clients, `${port}`, `${factor}`, ...kinds],
  }).spawn();
  const times: number[] = [];
  let most = before;
  const begin = performance.now();
  while (performance.now() < begin + BEGINNING + duration) {
    const time = await timeOfLight(port);
    if (performance.now() > begin + BEGINNING) times.push(time);
    most = Math.max(most, memory());
    await pause(20);
  }
  attackers.kill("SIGTERM");
  const { success, signal } = await attackers.status; // the signal ends it where it has hardly begun
  assert(success || signal === "SIGTERM", "the attack failed");
  if (duration > 10_000) await pause(10_000);
  for (let count = 0; count < 50; count++) await timeOfLight(port);
  const after = memory();
  assertEquals(await server.stop("SIGTERM"), 0, server.output);
  times.sort((a, b) => a - b);
  const at = (part: number) => Math.round(times[Math.floor((times.length - 1) * part)] * 10) / 10;
  const figures = {
    ...{ count: times.length, p50: at(0.5), p99: at(0.99), longest: at(1) },
    ...{ before: Math.round(before), most: Math.round(most), after: Math.round(after) },
  };
  if (isLongRun) console.log(words.slice(1).join(" "), kinds.join(), JSON.stringify(figures));
  assert(figures.longest < PATIENCE, `a light request took ${figures.longest} ms`);
  return figures;
}

/** Opens a connection, asks for something light, and measures how long that takes, in milliseconds. */
async function timeOfLight(port: number): Promise<number> {
  const start = performance.now();
  using client = new RawClient(await Deno.connect({ port }), PATIENCE);
  await client.send(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  assertEquals(contentText(await client.read()), "light");
  return performance.now() - start;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
