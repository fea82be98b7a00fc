// Runs wrk: it repeats given octets over many connections and reports what came back.

const SCRIPT = new URL("wrk.lua", import.meta.url).pathname;
/** wrk's own limit, in seconds; a signal ends it before. */
const LONGEST = 120;

/** What wrk saw; times are in microseconds. */
export interface WrkReport {
  readonly requests: number;
  /** Octets received, heads included. */
  readonly octets: number;
  readonly duration: number;
  readonly p50: number;
  readonly p99: number;
}

/** What wrk sends. */
export interface WrkLoad {
  readonly url: string;
  /** Octets of a request, or of several that are sent in one write. */
  readonly octets: Uint8Array;
  readonly connections: number;
  readonly seconds: number;
  /** Cores that wrk may use, as `taskset` takes them. */
  readonly cores: string;
}

/** Loads a server.
 *
 * @throws {Error} when a request gets no response, or one with an error status */
export async function runWrk({ url, octets, connections, seconds, cores }: WrkLoad): Promise<
  WrkReport
> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, octets);
    const command = new Deno.Command("taskset", {
      args: [
        ...["-c", cores, "wrk", "-t1", "-c", `${connections}`, "-d", `${LONGEST}s`],
        ...["--timeout", "30s", "-s", SCRIPT, url, "--", file],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const child = command.spawn();
    // wrk takes whole seconds only, but ends early and in order at SIGINT.
    const timer = setTimeout(() => child.kill("SIGINT"), seconds * 1000);
    const output = await child.output();
    clearTimeout(timer);
    return reportIn(new TextDecoder().decode(output.stdout), output.stderr);
  } finally {
    await Deno.remove(file);
  }
}

function reportIn(stdout: string, stderr: Uint8Array): WrkReport {
  const line = stdout.trimEnd().split("\n").at(-1)!;
  if (line.startsWith("{")) {
    const { status, connect, read, write, timeout, ...report } = JSON.parse(line);
    if (report.requests > 0 && status + connect + read + write + timeout === 0) return report;
  }
  throw new Error(`wrk reports: ${stdout}${new TextDecoder().decode(stderr)}`);
}
