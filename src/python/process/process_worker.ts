// A worker that is a Python process: its start, how it joins over a socket that only it can join, its output,
// and its end. The program inside is worker.py, which is given to the interpreter through standard input.

import { timingSafeEqual } from "node:crypto";
import {
  AbortController,
  all,
  allSettled,
  caught,
  clearTimeout,
  lastly,
  Promise,
  race,
  setTimeout,
  TextEncoder,
  then,
} from "../../io/platform.ts";
import { joinPieces } from "../../content/concat.ts";
import { PRINTED } from "../../log/event_log.ts";
import { encodeLog } from "../../threads/error_codec.ts";
import { FromWorker } from "../../pool/wire/messages.ts";
import type {
  WorkerEnd,
  WorkerHandle,
  WorkerHandleCallbacks,
  WorkerStart,
} from "../../pool/worker_thread.ts";
import type { ApplicationTable } from "./application_table.ts";
import { FrameReader, FRAMES_VERSION, FrameWriter, FromProcess } from "./frames.ts";
import { readLines } from "./output_lines.ts";
import { connectedProcesses } from "./peer_processes.ts";
import { ProcessChannel } from "./process_channel.ts";
import { ProcessMemoryWatch } from "./process_memory.ts";
import { SharedRecord } from "./shared_record.ts";
import APPLICATION_LOADER from "../application_loader.py" with { type: "text" };
import ERROR_STREAM from "../error_stream.py" with { type: "text" };
import WORKER from "./worker.py" with { type: "text" };

/** What all processes of a pool are started with. */
export interface ProcessSettings {
  /** Path of the interpreter. */
  readonly command: string;
  readonly applications: ApplicationTable;
  /** Folders and archives with packages, searched last. */
  readonly pythonPath: readonly string[];
  /** Working directory, if not that of the server. */
  readonly folder: string | undefined;
  /** Threads that run applications in each process. */
  readonly threads: number;
  /** Memory of each in octets; `Infinity` for no limit. */
  readonly maxHeap: number;
}

/** Reads the sources of the loader, the error stream and the worker, and the settings, from standard input,
 * each behind its size, and runs them. The worker imports the other two as modules. */
const BOOTSTRAP = `import os, sys
def read(size):
    octets = b""
    while len(octets) < size:
        piece = os.read(0, size - len(octets))
        if not piece: os._exit(1)
        octets += piece
    return octets
def part(): return read(int(read(8)))
def run(name):
    module = type(sys)(name)
    module.__file__ = "<robusto>"
    sys.modules[name] = module
    exec(compile(part(), "<robusto>", "exec"), module.__dict__)
    return module
run("_robusto_application_loader")
run("_robusto_error_stream")
worker = run("_robusto")
main, settings = worker.main, worker.json.loads(part())
del os, sys, read, part, run, worker
lifeline = main(settings)
`;

/** How long a process that was killed may take to end. */
const KILL_PATIENCE = 1_000;
/** How long what a process has sent and printed may take to be read after its end. */
const DRAIN_PATIENCE = 250;
/** How long a process may run on whose connection has ended. */
const DEAF_PATIENCE = 1_000;

/** Connections that may be open before the process has joined. It sends the secret at once, so one that is
 * silent is another's. */
const MOST_UNKNOWN = 64;

const TERMINATED: WorkerEnd = { cause: "terminated", detail: "" };

/** A running process. */
export class ProcessWorker implements WorkerHandle {
  readonly channel: ProcessChannel;
  readonly #callbacks: WorkerHandleCallbacks;
  readonly #record = SharedRecord.create();
  readonly #workerId: number;
  readonly #secret = `${FRAMES_VERSION}-${crypto.randomUUID()}`;
  readonly #stopReading = new AbortController();
  readonly #hasEnded = Promise.withResolvers<void>();
  #listener: Deno.Listener<Deno.UnixConn> | undefined;
  /** Connections on which the secret has not come. */
  readonly #unknown = new Set<Deno.UnixConn>();
  #folder: string | undefined;
  #child: Deno.ChildProcess | undefined;
  #stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #connection: Deno.UnixConn | undefined;
  #unsent: Uint8Array[] = [];
  #sending = false;
  /** Set when the process has taken too much memory. */
  #excess: WorkerEnd | undefined;
  #exited = false;
  #ended = false;

  /** Starts a process. */
  constructor(
    { data, slotCount }: WorkerStart,
    callbacks: WorkerHandleCallbacks,
    settings: ProcessSettings,
  ) {
    this.#callbacks = callbacks;
    this.#workerId = data.workerId;
    this.channel = new ProcessChannel(
      settings.applications,
      callbacks,
      slotCount,
      this.#record,
    );
    void this.#run(settings);
  }

  terminate(): Promise<boolean> {
    this.channel.close();
    this.#kill();
    this.#end(TERMINATED);
    let timer: ReturnType<typeof setTimeout>;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), KILL_PATIENCE);
    });
    return lastly(
      race([then(this.#hasEnded.promise, () => true), late]),
      () => clearTimeout(timer),
    );
  }

  ended(): Promise<void> {
    return this.#hasEnded.promise;
  }

  /** Never rejects. Nothing is called before the factory has returned. */
  async #run(settings: ProcessSettings): Promise<void> {
    let end: WorkerEnd;
    try {
      await Promise.resolve();
      end = this.#ended ? TERMINATED : await this.#runProcess(settings);
    } catch (error) {
      this.#kill();
      end = { cause: "error", detail: String(error), error };
    }
    this.#release();
    this.#hasEnded.resolve();
    this.#end(end);
  }

  async #runProcess(settings: ProcessSettings): Promise<WorkerEnd> {
    const socket = this.#listen();
    const child = this.#child = new Deno.Command(settings.command, {
      args: ["-c", BOOTSTRAP, `robusto worker ${this.#workerId}`],
      cwd: settings.folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { signal } = this.#stopReading;
    const reading = allSettled([
      readLines(child.stdout, (line) => this.#log("info", line), signal),
      readLines(child.stderr, (line) => this.#log("error", line), signal),
      this.#acceptAll(socket, settings.maxHeap),
    ]);
    this.#stdin = child.stdin.getWriter();
    // A process that ends at once does not read it; its end says more than the failure of the write.
    caught(this.#stdin.write(this.#program(socket, settings)), () => {});
    const status = await child.status;
    this.#exited = true;
    if (!(this.#stopping && status.success)) this.#killGroup(); // what it has started would be left over
    const timer = setTimeout(() => this.#stopEverything(), DRAIN_PATIENCE);
    await reading;
    clearTimeout(timer);
    if (this.#stopping && status.success) {
      this.#callbacks.onMessage(FromWorker.stopped, 0, "", null);
    }
    return this.#excess ?? { cause: "exit", detail: describeStatus(child.pid, status) };
  }

  /** Sources and settings, each behind its size. */
  #program(socket: string, settings: ProcessSettings): Uint8Array<ArrayBuffer> {
    const { applications, pythonPath, threads, maxHeap } = settings;
    const encoder = new TextEncoder();
    const parts = [
      APPLICATION_LOADER,
      ERROR_STREAM,
      WORKER,
      JSON.stringify({
        socket,
        secret: this.#secret,
        record: this.#record?.path ?? null,
        threads,
        memory: Number.isFinite(maxHeap) ? maxHeap : null,
        applications: applications.references,
        folders: applications.folders,
        pythonPath,
      }),
    ].map((text) => encoder.encode(text));
    const sized = parts.flatMap((octets) => [
      encoder.encode(String(octets.length).padStart(8)),
      octets,
    ]);
    return joinPieces(sized);
  }

  /** Listens where only the process will connect: under a name that is not guessed, or in a private folder
   * where the system has no abstract names.
   *
   * @returns the name */
  #listen(): string {
    let path = `\0robusto-${crypto.randomUUID()}`;
    if (Deno.build.os !== "linux") {
      this.#folder = Deno.makeTempDirSync({ prefix: "robusto-" });
      path = `${this.#folder}/socket`;
    }
    this.#listener = Deno.listen({ transport: "unix", path });
    return path;
  }

  /** Accepts until the process has joined. Others may find the name and connect too, so each connection is
   * served for itself. */
  async #acceptAll(path: string, maxHeap: number): Promise<void> {
    const conversations: Promise<void>[] = [];
    try {
      for (let listener; (listener = this.#listener) !== undefined;) {
        const connection = await listener.accept();
        this.#unknown.add(connection);
        if (this.#unknown.size > MOST_UNKNOWN) this.#turnAway(this.#unknown.values().next().value!);
        conversations.push(this.#converse(connection, path, maxHeap));
      }
    } catch {
      // the listener is closed
    }
    await all(conversations);
  }

  /** Takes the frames of a connection until it ends, if it is the process's. */
  async #converse(connection: Deno.UnixConn, path: string, maxHeap: number): Promise<void> {
    if (!await this.#joins(connection, path)) return this.#turnAway(connection);
    this.#unknown.delete(connection);
    this.#join(connection);
    using _watch = Number.isFinite(maxHeap) ? this.#watchMemory(maxHeap) : undefined;
    try {
      await new FrameReader(connection).readAll((frame) => this.channel.receive(frame));
    } catch (error) {
      // Any other error is that of a connection whose process has just ended.
      if (error instanceof RangeError && !this.#ended) this.#callbacks.onFault(error);
    }
    return this.#watchDeaf();
  }

  /** Whether a connection begins with the secret, and is that of the process where the system tells. */
  async #joins(connection: Deno.UnixConn, path: string): Promise<boolean> {
    const writer = new FrameWriter(64);
    writer.add(FromProcess.join, 0, this.#secret);
    const [expected] = writer.take();
    const received = new Uint8Array(expected.length);
    try {
      for (let size = 0; size < received.length;) {
        const count = await connection.read(received.subarray(size));
        if (count === null) return false;
        size += count;
      }
    } catch {
      return false; // it was turned away, or has been reset
    }
    if (this.#connection !== undefined || this.#ended) return false;
    if (!timingSafeEqual(received, expected)) return false;
    return connectedProcesses(path)?.includes(this.#child!.pid) ?? true;
  }

  #join(connection: Deno.UnixConn): void {
    this.#connection = connection;
    this.#stopAccepting();
    this.#removeFolder();
    this.#record?.removeName();
    this.channel.open({ send: (chunks) => this.#send(chunks) });
    const { pid } = this.#child!;
    this.#report("info", "worker-process", `Worker ${this.#workerId} is process ${pid}`);
  }

  #watchMemory(limit: number): ProcessMemoryWatch {
    return new ProcessMemoryWatch(this.#child!.pid, limit, (detail) => {
      this.#excess = { cause: "memory", detail };
      this.#kill();
    });
  }

  #stopAccepting(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#unknown) this.#turnAway(connection);
  }

  #turnAway(connection: Deno.UnixConn): void {
    if (!this.#unknown.delete(connection)) return;
    try {
      connection.close();
    } catch {
      // it is closed
    }
  }

  /** A process that runs on without its connection cannot be used. */
  #watchDeaf(): void {
    if (this.#exited || this.#stopping) return;
    const timer = setTimeout(() => {
      if (!this.#exited) this.#callbacks.onFault(new Error("Its connection has ended"));
    }, DEAF_PATIENCE);
    Deno.unrefTimer(timer);
    void then(this.#hasEnded.promise, () => clearTimeout(timer));
  }

  get #stopping(): boolean {
    return this.channel.stopSent;
  }

  #send(chunks: readonly Uint8Array[]): void {
    this.#unsent.push(...chunks);
    if (!this.#sending) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    try {
      for (let chunk; (chunk = this.#unsent.shift()) !== undefined;) {
        for (let at = 0; at < chunk.length;) {
          at += await this.#connection!.write(at === 0 ? chunk : chunk.subarray(at));
        }
      }
      this.#sending = false;
    } catch {
      this.#unsent = []; // it has ended, and that is noticed elsewhere
    }
  }

  #log(level: "info" | "error", line: string): void {
    this.#report(level, PRINTED, line);
  }

  #report(level: "info" | "error", event: string, message: string): void {
    if (this.#ended) return;
    this.#callbacks.onMessage(FromWorker.log, 0, encodeLog(level, event, message, undefined), null);
  }

  #kill(): void {
    if (this.#exited || this.#child === undefined) return;
    this.#killGroup();
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has just ended
    }
  }

  /** Kills the process and what it has started, which are a group of processes. */
  #killGroup(): void {
    try {
      Deno.kill(-this.#child!.pid, "SIGKILL");
    } catch {
      // the group has no member, or the permission to run is restricted to one program
    }
  }

  #stopEverything(): void {
    this.#stopAccepting();
    this.#stopReading.abort();
    try {
      this.#connection?.close();
    } catch {
      // it is closed
    }
    this.#connection = undefined;
  }

  #release(): void {
    this.channel.close();
    this.#stopEverything();
    this.#stdin?.abort().catch(() => {});
    this.#removeFolder();
    this.channel.closeRecord();
  }

  #removeFolder(): void {
    if (this.#folder === undefined) return;
    try {
      Deno.removeSync(this.#folder, { recursive: true });
    } catch {
      // somebody has cleaned up
    }
    this.#folder = undefined;
  }

  #end(end: WorkerEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.channel.close();
    this.#callbacks.onEnd(end);
  }
}

function describeStatus(pid: number, { code, signal }: Deno.CommandStatus): string {
  if (signal === null) return `process ${pid} with exit code ${code}`;
  const hint = signal === "SIGKILL" ? ", perhaps by the system for want of memory" : "";
  return `process ${pid} by ${signal}${hint}`;
}
