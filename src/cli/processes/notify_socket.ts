// Sends messages to the service manager as datagrams to the UNIX socket in NOTIFY_SOCKET. Deno has
// datagrams only behind an unstable flag, so they are sent through the C library.

import { isPermitted } from "../../io/permissions.ts";
import { type NotifySocket, SystemdNotifier, watchdogInterval } from "./systemd_notifier.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;
/** Numbers of Linux. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000; // a busy service manager must not block the server
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const CLOCK_MONOTONIC = 1;
/** Size of `sun_path`. */
const LONGEST_ADDRESS = 108;

/** Finds the service manager by the variables that it has set.
 *
 * @param report takes one line if there is a service manager that cannot be reached
 * @returns the notifier; without a service manager that can be reached it does nothing */
export function findNotifier(report: (line: string) => void): SystemdNotifier {
  const get = (variable: string) =>
    isPermitted({ name: "env", variable }) ? Deno.env.get(variable) : undefined;
  const path = get("NOTIFY_SOCKET");
  if (path === undefined || path === "") return new SystemdNotifier();
  const obstacle = findObstacle(path);
  if (obstacle !== undefined) {
    report(`cannot tell the service manager anything: ${obstacle}`);
    return new SystemdNotifier();
  }
  const watchdog = watchdogInterval(get("WATCHDOG_USEC"), get("WATCHDOG_PID"), Deno.pid);
  try {
    return new SystemdNotifier(new DatagramSocket(path), watchdog);
  } catch (error) {
    report(`cannot tell the service manager anything: ${(error as Error).message}`);
    return new SystemdNotifier();
  }
}

function findObstacle(path: string): string | undefined {
  if (Deno.build.os !== "linux") return `expected Linux, got ${Deno.build.os}`;
  if (!/^[/@]./.test(path) || new TextEncoder().encode(path).length > LONGEST_ADDRESS) {
    return `expected a path or an abstract name in NOTIFY_SOCKET, got ${JSON.stringify(path)}`;
  }
  if (!isPermitted({ name: "ffi", path: LIBRARY })) return "it needs the permission --allow-ffi";
  return undefined;
}

/** A datagram socket of the C library. */
class DatagramSocket implements NotifySocket {
  readonly #library = Deno.dlopen(LIBRARY, SYMBOLS);
  readonly #fd: number;
  /** `struct sockaddr_un`. */
  readonly #address: Uint8Array<ArrayBuffer>;

  constructor(path: string) {
    const name = new TextEncoder().encode(path.replace(/^@/, "\0"));
    this.#address = new Uint8Array(2 + name.length);
    new Uint16Array(this.#address.buffer, 0, 1)[0] = AF_UNIX;
    this.#address.set(name, 2);
    this.#fd = this.#library.symbols.socket(
      AF_UNIX,
      SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
      0,
    );
  }

  send(message: string): void {
    const octets = new TextEncoder().encode(message + "\n");
    const { sendto } = this.#library.symbols;
    const address = this.#address;
    sendto(this.#fd, octets, BigInt(octets.length), MSG_NOSIGNAL, address, address.length);
  }

  monotonic(): bigint {
    const time = new BigInt64Array(2); // seconds, nanoseconds
    this.#library.symbols.clock_gettime(CLOCK_MONOTONIC, time);
    return time[0] * 1_000_000n + time[1] / 1_000n;
  }

  close(): void {
    this.#library.symbols.close(this.#fd);
    this.#library.close();
  }
}
