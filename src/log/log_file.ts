// A file of whole lines, which can be opened anew after a rotation. After a write that failed within a
// line, the rest of that line is written first, so that no later line continues it.

import { setTimeout } from "node:timers";
import { type AppendFile, isFull } from "../io/append_file.ts";
import { Promise, TextEncoder } from "../io/platform.ts";
import { headline } from "./error_text.ts";
import type { LineTarget, LostLines } from "./line_writer.ts";

const LF = 0x0a;

/** How long to wait before a pipe that is full is tried again, in milliseconds. */
const FULL_PAUSE = 20;

const NOTHING: Uint8Array = new Uint8Array();
const encoder = new TextEncoder();

/** A log file cannot be opened. */
export class LogFileError extends Error {
  /** Name of the class. */
  override readonly name = "LogFileError";

  /** Makes the error.
   *
   * @param what which log, such as `access log "/var/log/access.log"`
   * @param cause the system's error */
  constructor(what: string, cause: unknown) {
    super(`Cannot open ${what}: ${(cause as Error).message}`, { cause });
  }
}

/** A file of lines. */
export class LogFile implements LineTarget {
  readonly #open: () => AppendFile;
  #file: AppendFile | undefined;
  /** The rest of a line of which a part was written. */
  #rest = NOTHING;
  #closed = false;

  /** @param open opens the file */
  constructor(open: () => AppendFile) {
    this.#open = open;
  }

  /** Opens the file.
   *
   * @throws the system's error */
  open(): void {
    this.#file ??= this.#open();
  }

  async write(text: string): Promise<LostLines | undefined> {
    const octets = joined(this.#rest, encoder.encode(text));
    let written = 0;
    try {
      while (written < octets.length) written += await this.#write(octets.subarray(written));
      this.#rest = NOTHING;
      return undefined;
    } catch (error) {
      const isWithin = written > 0 ? octets[written - 1] !== LF : this.#rest.length > 0;
      const end = isWithin ? octets.indexOf(LF, written) + 1 : written;
      this.#rest = octets.slice(written, end);
      return { count: linesIn(octets.subarray(end)), reason: headline(error) };
    }
  }

  /** Opens the file anew and closes the old one. The old one stays in use where that fails.
   *
   * @throws the system's error */
  async reopen(): Promise<void> {
    const next = this.#open();
    // The rest belongs to the old file.
    if (this.#rest.length > 0) await this.write("");
    this.#rest = NOTHING;
    this.#file?.close();
    this.#file = next;
  }

  close(): void {
    this.#closed = true;
    this.#file?.close();
    this.#file = undefined;
  }

  async #write(octets: Uint8Array): Promise<number> {
    while (true) {
      try {
        return await this.#file!.write(octets);
      } catch (error) {
        if (!isFull(error) || this.#closed) throw error;
        await new Promise((resolve) => setTimeout(resolve, FULL_PAUSE));
      }
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function linesIn(octets: Uint8Array): number {
  let count = 0;
  for (const octet of octets) if (octet === LF) count++;
  return count;
}
