// Keeps long content of requests in temporary files while they wait for a worker, and bounds all of it.

import { makeTemporaryFile } from "../../io/temporary_file.ts";
import { ContentBudget } from "./content_budget.ts";
import type { GatheredSource } from "./gathered_content.ts";
import { SpooledContent, type SpoolRoom } from "./spooled_content.ts";

/** The contents that a pool takes in. */
export class ContentSpool {
  /** Whether there are to be temporary files. */
  readonly enabled: boolean;
  readonly #fileRoom: ContentBudget<never>;
  readonly #onFailure: (error: unknown) => void;
  #failed = false;

  /** @param limit octets of all files together; 0 for no files
   * @param onFailure takes the error of a file; once, because that of the next one is the same */
  constructor(limit: number, onFailure: (error: unknown) => void) {
    this.enabled = limit > 0;
    this.#fileRoom = new ContentBudget(limit);
    this.#onFailure = onFailure;
  }

  /** Makes room for one content.
   *
   * @param content the content
   * @param length octets of all of it; `Infinity` when that is not known
   * @param takeMemory takes memory for it, if there is enough */
  open(
    content: GatheredSource,
    length: number,
    takeMemory: (octets: number) => boolean,
  ): SpooledContent {
    const room: SpoolRoom = {
      takeMemory,
      takeFileRoom: (octets) => this.#fileRoom.reserve(octets),
      freeFileRoom: (octets) => this.#fileRoom.release(octets),
      makeFile: makeTemporaryFile,
      fileFailed: (error) => this.#fail(error),
    };
    return new SpooledContent(content, length, room);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#onFailure(error);
  }
}
