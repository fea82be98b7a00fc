// Passes what a process prints to a callback, line by line.

import { caught, TextDecoder } from "../../io/platform.ts";

/** Longest line, in characters; the remainder of a longer one is another line. */
const LONGEST_LINE = 64 * 1024;

/** Reads all lines of a stream.
 *
 * @param stream octets, as UTF-8
 * @param onLine takes each line without its end
 * @param signal ends the reading: a child of the process may hold the stream open */
export async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = stream.getReader();
  const onAbort = () => void caught(reader.cancel(), () => {});
  signal.addEventListener("abort", onAbort);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      text += decoder.decode(value, { stream: !done });
      const lines = text.split("\n");
      text = done ? "" : lines.pop()!;
      for (const line of lines) if (line !== "") onLine(line);
      if (text.length > LONGEST_LINE) {
        onLine(text);
        text = "";
      }
      if (done) return;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
