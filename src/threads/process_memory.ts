// Reads how much memory the process takes.

/** Octets of memory that the process has, without the JavaScript heap and the buffers of this thread. */
export function memoryOfOthers(): number {
  const { rss, heapTotal, external } = Deno.memoryUsage();
  return rss - heapTotal - external;
}
