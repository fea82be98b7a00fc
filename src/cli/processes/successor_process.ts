// Starts a successor: the same program with the same arguments, on the same sockets. The successor
// reports on a pipe that it is ready. If it ends before, or takes too long, it has failed.

import { caught } from "../../io/platform.ts";
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { requireFcntl, setNonBlocking } from "../../net/fd_flags.ts";
import { openInheritedSocket } from "../../net/inherited_socket.ts";
import { closeUnused } from "../../net/open_sockets.ts";
import { parseBindAddress } from "../../net/bind_address.ts";
import { isPermitted } from "../../io/permissions.ts";
import {
  INHERITED_VARIABLE,
  type InheritedSockets,
  parseInheritedSockets,
} from "./inherited_sockets.ts";

/** A process that shall take over the sockets. */
export interface Successor {
  readonly pid: number;
  /** Resolves when it serves; rejects when it has ended or is not ready in time. */
  readonly ready: Promise<void>;
  /** Kills it.
   *
   * @returns a promise that resolves when it has ended */
  dismiss(): Promise<void>;
}

/** Loading an application takes seconds; this process serves meanwhile. */
const READY_TIMEOUT = 60_000;
/** Standard input, output and error come first. */
const FIRST_FD = 3;
/** Variables that a service manager has set for this process only. */
const PROCESS_VARIABLES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_PID"];

/** Starts a successor.
 *
 * @param sockets each address as this process was given it, and its descriptor
 * @param timeout longest time until it is ready, in milliseconds
 * @param command the words that started this process
 * @throws {Deno.errors.NotCapable} when a permission is missing
 * @throws {Deno.errors.NotSupported} where there is no /proc */
export function startSuccessor(
  sockets: InheritedSockets["sockets"],
  timeout: number = READY_TIMEOUT,
  command: readonly string[] = ownCommand(),
): Successor {
  requireFcntl();
  const readyFd = FIRST_FD + sockets.length;
  const inherited: InheritedSockets = {
    sockets: sockets.map(([bind], index) => [bind, FIRST_FD + index] as const),
    readyFd,
  };
  const env = { ...Deno.env.toObject(), [INHERITED_VARIABLE]: JSON.stringify(inherited) };
  for (const name of PROCESS_VARIABLES) delete (env as Record<string, string>)[name];
  const child = spawn(Deno.execPath(), command.slice(1), {
    env,
    stdio: ["inherit", "inherit", "inherit", ...sockets.map(([, fd]) => fd), "pipe"],
  });
  // Deno has made the sockets blocking for the child; this is undone before this process accepts again.
  setNonBlocking(sockets.map(([, fd]) => fd));
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    ready: waitUntilReady(child, readyFd, timeout),
    dismiss() {
      child.ref(); // the caller waits for its end
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** Takes the sockets of the predecessor, once: the variable is deleted, as children of this process
 * must not find it.
 *
 * @returns the sockets, or `undefined` without a predecessor */
export function takeInheritedSockets(): InheritedSockets | undefined {
  if (!isPermitted({ name: "env", variable: INHERITED_VARIABLE })) return undefined;
  const text = Deno.env.get(INHERITED_VARIABLE);
  if (text === undefined) return undefined;
  Deno.env.delete(INHERITED_VARIABLE);
  return parseInheritedSockets(text);
}

/** Closes the inherited sockets that this process does not use, and reports to the predecessor that
 * this process serves.
 *
 * @param inherited the predecessor's sockets
 * @param unused the descriptors of those that this process does not use */
export async function reportReady(
  inherited: InheritedSockets,
  unused: readonly string[],
): Promise<void> {
  for (const bind of unused) closeInheritedSocket(bind);
  const pipe = new Socket({ fd: inherited.readyFd });
  const sent = Promise.withResolvers<void>();
  pipe.on("error", () => sent.resolve()); // the predecessor has ended and needs no report
  pipe.on("close", () => sent.resolve());
  pipe.end("ready\n", () => pipe.destroy());
  await sent.promise;
}

/** Closes an inherited socket, so that its address refuses connections. */
function closeInheritedSocket(bind: string): void {
  const address = parseBindAddress(bind);
  if (address.transport !== "fd") return;
  try {
    const socket = openInheritedSocket(address, 1, undefined);
    caught(socket.accept(), () => {}); // makes this process the owner, which closes it with its file
    closeUnused(socket);
  } catch {
    // It does not listen, so its address refuses connections already.
  }
}

async function waitUntilReady(
  child: ChildProcess,
  readyFd: number,
  timeout: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const pipe = child.stdio[readyFd] as Socket;
  child.on("error", reject);
  child.on(
    "exit",
    (code, signal) => reject(new Error(`it ended with ${signal ?? `code ${code}`}`)),
  );
  pipe.on("error", () => {}); // the end of the process is reported by "exit"
  pipe.on("data", () => resolve());
  const timer = setTimeout(
    () => reject(new Error(`it was not ready within ${timeout / 1000} s`)),
    timeout,
  );
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    pipe.destroy();
  }
}

/** Lists the words that started this process. They include those of Deno, unless the process is a
 * compiled executable. */
function ownCommand(): string[] {
  if (Deno.build.os !== "linux") {
    throw new Deno.errors.NotSupported(`expected Linux, got ${Deno.build.os}`);
  }
  return Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
}
