// A specimen in which it matters who speaks when: the client sends something, waits, sets the clock, and
// what the server says in between must come exactly there.

import { assertEquals } from "@std/assert";
import type { ApplicationValue } from "../../src/application/application.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import type { ManualClock } from "../support/manual_clock.ts";
import { type MemoryStream, settle } from "../support/memory_stream.ts";
import { BadResponse, RawClient } from "../support/raw_client.ts";
import { assertAnswer } from "./response_runner.ts";
import type { Answer } from "./response_row.ts";
import { octets, type Refused } from "./row.ts";
import { assertRefused } from "./server_runner.ts";

/** One specimen. */
export interface Dialogue {
  /** The claim; unique among all tables. */
  readonly name: string;
  readonly app: ApplicationValue;
  readonly steps: readonly Step[];
  readonly clause: string;
  readonly options?: ServerOptions;
  /** Row of the comparison with Cheroot; see `Row.cheroot`. */
  readonly cheroot?: string;
}

/** What happens next.
 *
 * - `send`: the client writes, as in `Row.wire`
 * - `interim`: an interim response of this status comes
 * - `answer`: a final response comes
 * - `refused`: the server refuses in its own name, and logs it once
 * - `cut`: the connection ends within an answer
 * - `half`: the client ends its side
 * - `end`: the server ends its side, and nothing comes before
 * - `quiet`: the server has read everything, waits for more and says nothing
 * - `stalled`: the server cannot write, because the client does not read
 * - `wait`: so many milliseconds pass; `drip` the same, with an octet of this text sent each second */
export type Step =
  | { readonly send: string }
  | { readonly interim: number }
  | { readonly answer: Answer; readonly method?: string }
  | { readonly refused: Refused }
  | { readonly cut: true }
  | { readonly half: true }
  | { readonly end: true }
  | MemoryStep;

type MemoryStep =
  | { readonly quiet: true }
  | { readonly stalled: true }
  | { readonly wait: number }
  | { readonly drip: string };

const TICK = 250;

/** What steps about silence and time need. */
export interface Stage {
  readonly stream: MemoryStream;
  readonly clock: ManualClock;
}

/** Whether a dialogue can be held over a socket too: it says nothing of silence and time.
 *
 * @param dialogue the specimen
 * @returns true when it can */
export function isTimeless(dialogue: Dialogue): boolean {
  return dialogue.steps.every((step) => !isMemoryStep(step));
}

function isMemoryStep(step: Step): step is MemoryStep {
  return "quiet" in step || "stalled" in step || "wait" in step || "drip" in step;
}

/** Holds a dialogue.
 *
 * @param client the client
 * @param log what the server has logged, all of it
 * @param dialogue the specimen
 * @param stage the connection and the clock, when they are in memory */
export async function hold(
  client: RawClient,
  log: readonly LogEvent[],
  dialogue: Dialogue,
  stage?: Stage,
): Promise<void> {
  for (const [index, step] of dialogue.steps.entries()) {
    const where = `step ${index + 1}, ${JSON.stringify(step)} (${dialogue.clause})`;
    try {
      if (isMemoryStep(step)) await act(stage!, step, where);
      else await converse(client, log, step, where);
    } catch (error) {
      if (error instanceof BadResponse) error.message = `${where}: ${error.message}`;
      throw error;
    }
  }
}

async function converse(
  client: RawClient,
  log: readonly LogEvent[],
  step: Exclude<Step, MemoryStep>,
  where: string,
): Promise<void> {
  if ("send" in step) {
    await client.send(octets(step.send));
  } else if ("interim" in step) {
    assertEquals((await client.readAny()).status, step.interim, where);
  } else if ("answer" in step) {
    assertAnswer(await client.read(step.method), step.answer, where);
  } else if ("refused" in step) {
    const response = await client.read();
    assertEquals(response.interim, [], where);
    assertRefused(response, step.refused, log, where);
  } else if ("cut" in step) {
    await client.expectCut();
  } else if ("half" in step) {
    await client.half();
  } else {
    await client.expectEnd();
  }
}

async function act({ stream, clock }: Stage, step: MemoryStep, where: string): Promise<void> {
  if ("wait" in step) {
    for (let waited = 0; waited < step.wait; waited += TICK) {
      clock.advance(TICK);
      await settle(); // else a server would be asked again before it could do anything
    }
  } else if ("stalled" in step) {
    await stream.peerBlocked();
  } else if ("quiet" in step) {
    await stream.peerStarved();
    await settle();
    assertEquals(stream.available, 0, `${where}: octets from the server`);
  } else {
    for (const octet of octets(step.drip)) {
      if (stream.ended) return; // the server has had enough
      await stream.write(Uint8Array.of(octet));
      await settle();
      clock.advance(1_000);
      await settle();
    }
  }
}
