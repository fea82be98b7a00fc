// Keeps long content of requests in temporary files while they wait for a worker, and responses of workers
// that block while their clients are slow. It bounds the octets and the number of all files.

import { makeTemporaryFile, type TemporaryFile } from "../../io/temporary_file.ts";
import { ContentBudget } from "./content_budget.ts";
import type { GatheredSource } from "./gathered_content.ts";
import { SpooledContent, type SpoolRoom } from "./spooled_content.ts";
import { SpooledResponse } from "./spooled_response.ts";

/** Why there is no file where too many are open. */
const TOO_MANY = new Error("Cannot make temporary file: too many are open, see ulimit -n");

/** The contents that a pool takes in. */
export class ContentSpool {
  /** Whether there are to be temporary files. */
  readonly enabled: boolean;
  readonly #fileRoom: ContentBudget<never>;
  readonly #maxFiles: number;
  #files = 0;
  readonly #onFailure: (error: unknown) => void;
  #failed = false;
  readonly #fileUse = {
    fileRoom: () => this.#fileRoom.free,
    takeFileRoom: (octets: number) => this.#fileRoom.reserve(octets),
    freeFileRoom: (octets: number) => this.#fileRoom.release(octets),
    makeFile: () => this.#makeFile(),
    fileFailed: (error: unknown) => this.#fail(error),
  };

  /** @param limit octets of all files together; 0 for no files
   * @param maxFiles files that may be open at once
   * @param onFailure takes the error of a file; once, because that of the next one is the same */
  constructor(limit: number, maxFiles: number, onFailure: (error: unknown) => void) {
    this.enabled = limit > 0;
    this.#fileRoom = new ContentBudget(limit);
    this.#maxFiles = maxFiles;
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
      ...this.#fileUse,
    };
    return new SpooledContent(content, length, room);
  }

  /** Makes room for one response.
   *
   * @returns undefined when there are no temporary files */
  openResponse(): SpooledResponse | undefined {
    return this.enabled ? new SpooledResponse(this.#fileUse) : undefined;
  }

  async #makeFile(): Promise<TemporaryFile> {
    if (this.#files >= this.#maxFiles) throw TOO_MANY;
    this.#files++;
    try {
      const file = await makeTemporaryFile();
      return {
        ...file,
        close: () => {
          this.#files--;
          file.close();
        },
      };
    } catch (error) {
      this.#files--;
      throw error;
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#onFailure(error);
  }
}
