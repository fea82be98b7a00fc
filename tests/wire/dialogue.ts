// A case in which the order of events matters. Its steps are what the client sends, what the clock shows,
// and what the server sends; each must happen exactly in its place.

import { assertEquals } from "@std/assert";
import type { ApplicationValue } from "../../src/application/application.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import type { ManualClock } from "../support/manual_clock.ts";
import { type MemoryStream, settle } from "../support/memory_stream.ts";
import { BadResponse, RawClient } from "../support/raw_client.ts";
import { assertResponse } from "./response_runner.ts";
import type { ExpectedResponse } from "./response_row.ts";
import { octets, type Rejected } from "./row.ts";
import { assertRejected } from "./server_runner.ts";

/** One case. */
export interface Dialogue {
  /** The case in words; unique among all tables. */
  readonly name: string;
  readonly app: ApplicationValue;
  readonly steps: readonly Step[];
  /** The clause that demands it; see `Row.clause`. */
  readonly clause: string;
  readonly options?: ServerOptions;
  /** The behaviour of Cheroot that the dialogue covers; see `Row.cheroot`. */
  readonly cheroot?: string;
}

/** One step of a dialogue:
 *
 * - `send`: the client writes, as in `Row.wire`
 * - `interim`: an interim response of this status comes
 * - `response`: a final response comes
 * - `rejected`: the server rejects the request, and logs it once
 * - `cut`: the connection ends within a response
 * - `half`: the client ends its side
 * - `end`: the server ends its side without another octet
 * - `quiet`: the server has read everything, waits for more and sends nothing
 * - `stalled`: the server cannot write, because the client does not read
 * - `wait`: this many milliseconds pass
 * - `drip`: the client sends one octet of this text each second */
export type Step =
  | { readonly send: string }
  | { readonly interim: number }
  | { readonly response: ExpectedResponse; readonly method?: string }
  | { readonly rejected: Rejected }
  | { readonly cut: true }
  | { readonly half: true }
  | { readonly end: true }
  | MemoryStep;

/** A step that only a connection in memory can show: silence, or time that passes. */
type MemoryStep =
  | { readonly quiet: true }
  | { readonly stalled: true }
  | { readonly wait: number }
  | { readonly drip: string };

const TICK = 250;

/** The connection and the clock that a {@linkcode MemoryStep} needs. */
export interface MemoryConnection {
  readonly stream: MemoryStream;
  readonly clock: ManualClock;
}

/** Whether a dialogue can run over a socket: it has no step about silence or time.
 *
 * @param dialogue the case
 * @returns true when it can */
export function runsOverSockets(dialogue: Dialogue): boolean {
  return dialogue.steps.every((step) => !isMemoryStep(step));
}

function isMemoryStep(step: Step): step is MemoryStep {
  return "quiet" in step || "stalled" in step || "wait" in step || "drip" in step;
}

/** Runs a dialogue.
 *
 * @param client the client
 * @param log what the server has logged, all of it
 * @param dialogue the case
 * @param memory the connection and the clock, if they are in memory */
export async function runDialogue(
  client: RawClient,
  log: readonly LogEvent[],
  dialogue: Dialogue,
  memory?: MemoryConnection,
): Promise<void> {
  for (const [index, step] of dialogue.steps.entries()) {
    const where = `step ${index + 1}, ${JSON.stringify(step)} (${dialogue.clause})`;
    try {
      if (isMemoryStep(step)) await runMemoryStep(memory!, step, where);
      else await runStep(client, log, step, where);
    } catch (error) {
      if (error instanceof BadResponse) error.message = `${where}: ${error.message}`;
      throw error;
    }
  }
}

async function runStep(
  client: RawClient,
  log: readonly LogEvent[],
  step: Exclude<Step, MemoryStep>,
  where: string,
): Promise<void> {
  if ("send" in step) {
    await client.send(octets(step.send));
  } else if ("interim" in step) {
    assertEquals((await client.readAny()).status, step.interim, where);
  } else if ("response" in step) {
    assertResponse(await client.read(step.method), step.response, where);
  } else if ("rejected" in step) {
    const response = await client.read();
    assertEquals(response.interim, [], where);
    assertRejected(response, step.rejected, log, where);
  } else if ("cut" in step) {
    await client.expectCut();
  } else if ("half" in step) {
    await client.half();
  } else {
    await client.expectEnd();
  }
}

async function runMemoryStep(
  { stream, clock }: MemoryConnection,
  step: MemoryStep,
  where: string,
): Promise<void> {
  if ("wait" in step) {
    for (let waited = 0; waited < step.wait; waited += TICK) {
      clock.advance(TICK);
      await settle(); // or the sweep would run again before the server could act
    }
  } else if ("stalled" in step) {
    await stream.peerBlocked();
  } else if ("quiet" in step) {
    await stream.peerStarved();
    await settle();
    assertEquals(stream.available, 0, `${where}: octets from the server`);
  } else {
    for (const octet of octets(step.drip)) {
      if (stream.ended) return; // the server has rejected the request
      await stream.write(Uint8Array.of(octet));
      await settle();
      clock.advance(1_000);
      await settle();
    }
  }
}
