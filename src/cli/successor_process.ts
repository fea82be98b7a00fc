// Starts the process that is to take over: the same program with the same words, on the same sockets. It
// says on a pipe that it is ready; if it ends or is silent for too long, it was no successor.

import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { requireFcntl, setNonBlocking } from "../net/fd_flags.ts";
import { openInheritedSocket } from "../net/inherited_socket.ts";
import { closeUnused } from "../net/open_sockets.ts";
import { parseBindAddress } from "../net/bind_address.ts";
import { isPermitted } from "../io/permissions.ts";
import {
  INHERITED_VARIABLE,
  type InheritedSockets,
  parseInheritedSockets,
} from "./inherited_sockets.ts";

/** A process that is to take over. */
export interface Successor {
  readonly pid: number;
  /** Resolves when it serves; rejects when it has ended, or is not ready in time. */
  readonly ready: Promise<void>;
  /** Ends it: it is not wanted any more.
   *
   * @returns a promise of its end */
  dismiss(): Promise<void>;
}

/** Loading an application takes seconds; nobody is without a server meanwhile. */
const READY_TIMEOUT = 60_000;
/** Standard input, output and error come first. */
const FIRST_FD = 3;
/** What a service manager has said to this process by its number. */
const OWN_VARIABLES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_PID"];

/** Starts a successor.
 *
 * @param sockets each address as this process was told it, and its descriptor
 * @param timeout how long it may take to be ready, in milliseconds
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
  const heritage: InheritedSockets = {
    sockets: sockets.map(([bind], index) => [bind, FIRST_FD + index] as const),
    readyFd,
  };
  const env = { ...Deno.env.toObject(), [INHERITED_VARIABLE]: JSON.stringify(heritage) };
  for (const name of OWN_VARIABLES) delete (env as Record<string, string>)[name];
  const child = spawn(Deno.execPath(), command.slice(1), {
    env,
    stdio: ["inherit", "inherit", "inherit", ...sockets.map(([, fd]) => fd), "pipe"],
  });
  // Before anything is accepted here: the process was started while this one waited.
  setNonBlocking(sockets.map(([, fd]) => fd));
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    ready: becomeReady(child, readyFd, timeout),
    dismiss() {
      child.ref(); // its end is waited for
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** Takes what a predecessor has left, once; children of this process must not find it.
 *
 * @returns it, or nothing when this process succeeds nobody */
export function takeInheritedSockets(): InheritedSockets | undefined {
  if (!isPermitted({ name: "env", variable: INHERITED_VARIABLE })) return undefined;
  const text = Deno.env.get(INHERITED_VARIABLE);
  if (text === undefined) return undefined;
  Deno.env.delete(INHERITED_VARIABLE);
  return parseInheritedSockets(text);
}

/** Tells the predecessor that this process serves.
 *
 * @param heritage what it has left
 * @param unused sockets that it had and this process has no use for */
export async function reportReady(
  heritage: InheritedSockets,
  unused: readonly string[],
): Promise<void> {
  for (const bind of unused) release(bind);
  const pipe = new Socket({ fd: heritage.readyFd });
  const said = Promise.withResolvers<void>();
  pipe.on("error", () => said.resolve()); // it has gone: then there is nobody to be told
  pipe.on("close", () => said.resolve());
  pipe.end("ready\n", () => pipe.destroy());
  await said.promise;
}

/** An address that this process does not listen on refuses connections from now on. */
function release(bind: string): void {
  const address = parseBindAddress(bind);
  if (address.transport !== "fd") return;
  try {
    const socket = openInheritedSocket(address, 1, undefined);
    socket.accept().catch(() => {}); // so that it is this process's to close, with its file
    closeUnused(socket);
  } catch {
    // It is no socket that listens, so it refuses already.
  }
}

async function becomeReady(child: ChildProcess, readyFd: number, timeout: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const pipe = child.stdio[readyFd] as Socket;
  child.on("error", reject);
  child.on(
    "exit",
    (code, signal) => reject(new Error(`it ended with ${signal ?? `code ${code}`}`)),
  );
  pipe.on("error", () => {}); // its end is told by the process
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

/** The words that started this process, those of the runtime among them; an executable has only its
 * own. */
function ownCommand(): string[] {
  if (Deno.build.os !== "linux") {
    throw new Deno.errors.NotSupported(`expected Linux, got ${Deno.build.os}`);
  }
  return Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
}
