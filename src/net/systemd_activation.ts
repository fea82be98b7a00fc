// Finds the sockets that a service manager has opened for this process (sd_listen_fds(3)). systemd gives
// their number in LISTEN_FDS, their names in LISTEN_FDNAMES and the process in LISTEN_PID. They are taken
// once and the variables deleted, so that children of this process do not take them too.

import { isPermitted } from "../io/permissions.ts";

/** A socket that the service manager has opened. */
export interface ActivatedSocket {
  /** Its descriptor. */
  readonly fd: number;
  /** Its name in LISTEN_FDNAMES; `unknown` without one. */
  readonly name: string;
}

/** The sockets of a service manager. */
export interface Activation {
  readonly sockets: readonly ActivatedSocket[];
  /** Why the sockets that the variables announce are not taken, if so. */
  readonly complaint: string | undefined;
}

const VARIABLES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] as const;
const FIRST_FD = 3;
/** A larger number is a mistake in the variable. */
const MAX_SOCKETS = 1_000;

let activation: Activation | undefined;

/** Takes the sockets of the service manager once and deletes the variables.
 *
 * @returns the sockets, the same at each call; no sockets when the variables may not be read */
export function takeActivation(): Activation {
  if (activation !== undefined) return activation;
  if (!VARIABLES.every((variable) => isPermitted({ name: "env", variable }))) {
    return activation = { sockets: [], complaint: undefined };
  }
  const [fds, pid, names] = VARIABLES.map((variable) => Deno.env.get(variable));
  activation = readActivation({ fds, pid, names }, Deno.pid);
  if (activation.complaint === undefined) { for (const name of VARIABLES) Deno.env.delete(name); }
  return activation;
}

/** Reads the variables of a service manager.
 *
 * @param variables their values
 * @param ownPid id of this process
 * @returns the sockets; no sockets when they are for another process */
export function readActivation(
  variables: {
    readonly fds: string | undefined;
    readonly pid: string | undefined;
    readonly names: string | undefined;
  },
  ownPid: number,
): Activation {
  const { fds, pid, names = "" } = variables;
  if (fds === undefined) return { sockets: [], complaint: undefined };
  const reject = (complaint: string) => ({
    sockets: [],
    complaint: `Cannot take sockets of the service manager: ${complaint}`,
  });
  if (!/^[0-9]{1,4}$/.test(fds) || Number(fds) > MAX_SOCKETS) {
    return reject(
      `expected a number up to ${MAX_SOCKETS} in LISTEN_FDS, got ${JSON.stringify(fds)}`,
    );
  }
  if (pid !== String(ownPid)) {
    return reject(
      `LISTEN_PID is ${
        pid ?? "not set"
      } and this process is ${ownPid}; a program in between, such ` +
        "as npx, has to be left out",
    );
  }
  const each = names.split(":");
  const sockets = Array.from({ length: Number(fds) }, (_, index) => ({
    fd: FIRST_FD + index,
    name: each[index] || "unknown",
  }));
  return { sockets, complaint: undefined };
}
