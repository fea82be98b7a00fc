// Runs wrk: it repeats given octets over many connections and reports what came back.

const SCRIPT = new URL("wrk.lua", import.meta.url).pathname;
/** Seconds that wrk's own limit is longer than the load; a signal ends it before. */
const SPARE = 60;
/** Attempts to get a first response. */
const ATTEMPTS = 3;
/** Milliseconds between two signals. */
const INTERRUPT_INTERVAL = 200;

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

/** Loads a server. A load in which no response came is repeated for longer, because a slow machine does
 * not get far in a short one.
 *
 * @param load the load
 * @param onStart called before each attempt
 * @throws {Error} when a request gets no response, or one with an error status */
export async function runWrk(load: WrkLoad, onStart: () => void): Promise<WrkReport> {
  let { seconds } = load;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    onStart();
    const report = await runOnce({ ...load, seconds });
    if (report.requests > 0) return report;
    seconds *= 4;
  }
  throw new Error("wrk got no response");
}

async function runOnce({ url, octets, connections, seconds, cores }: WrkLoad): Promise<WrkReport> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, octets);
    const command = new Deno.Command("taskset", {
      args: [
        ...[
          "-c",
          cores,
          "wrk",
          "-t1",
          "-c",
          `${connections}`,
          "-d",
          `${Math.ceil(seconds) + SPARE}s`,
        ],
        ...["--timeout", "30s", "-s", SCRIPT, url, "--", file],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const child = command.spawn();
    using stopping = new DisposableStack();
    let errors = "";
    const reading = (async () => {
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        if (errors === "") stopping.defer(interruptAfter(seconds, child)); // it has said `ready`
        errors += text;
      }
    })();
    const report = await new Response(child.stdout).text();
    await reading;
    await child.status;
    return reportIn(report, errors);
  } finally {
    await Deno.remove(file);
  }
}

/** Ends wrk before its own time, which is in whole seconds. It ends in order at SIGINT, but does not notice
 * one that comes while it starts.
 *
 * @returns gives up */
function interruptAfter(seconds: number, child: Deno.ChildProcess): () => void {
  let timer = setTimeout(function interrupt() {
    try {
      child.kill("SIGINT");
    } catch {
      return; // it has ended
    }
    timer = setTimeout(interrupt, INTERRUPT_INTERVAL);
  }, seconds * 1000);
  return () => clearTimeout(timer);
}

function reportIn(stdout: string, stderr: string): WrkReport {
  const line = stdout.trimEnd().split("\n").at(-1)!;
  if (line.startsWith("{")) {
    const { status, connect, read, write, timeout, ...report } = JSON.parse(line);
    if (status + connect + read + write + timeout === 0) return report;
  }
  throw new Error(`wrk reports: ${stdout}${stderr}`);
}
