// Writes requests for a process. Most variables of the environ are the same for many requests of a client,
// so they are sent once and then named by a number; the others follow in the request. The environ is that
// of gateway/wsgi/environ.ts.

import type { Exchange } from "../../exchange/exchange.ts";
import { buildEnviron, requestVariables, VARYING_NAMES } from "../../gateway/wsgi/environ.ts";
import type { ApplicationTable } from "./application_table.ts";

/** What decides about the variables that many requests have in common. */
type Known = Pick<Exchange, "localAddr" | "scheme" | "tls" | "peer" | "mountPath"> & {
  readonly index: number;
  readonly authority: string;
  readonly protocol: string;
};

/** How many common parts a process keeps. */
const MOST_COMMON = 256;

/** Writes the requests for one process. */
export class RequestEncoder {
  readonly #applications: ApplicationTable;
  /** The common parts that the process knows, by the field section: requests of a connection share it
   * while the client sends the same fields. */
  readonly #known = new Map<unknown, Known>();
  /** The field section at each index; the next one to be given is the oldest. */
  readonly #owners: unknown[] = [];
  #next = 0;

  /** @param applications the applications of the process */
  constructor(applications: ApplicationTable) {
    this.#applications = applications;
  }

  /** Writes a request.
   *
   * @param exchange the request; its `mountPath` is set
   * @param define is given a common part that the process does not know
   * @returns its text, with one character for each octet */
  encode(exchange: Exchange, define: (index: number, json: string) => void): string {
    const application = this.#applications.find(exchange);
    const { localAddr, scheme, tls, peer, mountPath, head } = exchange;
    const { fields, authority, protocol } = head;
    let known = this.#known.get(fields);
    if (
      known === undefined || known.localAddr !== localAddr || known.authority !== authority ||
      known.protocol !== protocol || known.scheme !== scheme || known.tls !== tls ||
      known.peer !== peer || known.mountPath !== mountPath
    ) {
      const index = known?.index ?? this.#takeIndex(fields);
      known = { index, localAddr, authority, protocol, scheme, tls, peer, mountPath };
      this.#known.set(fields, known);
      define(index, commonPart(exchange, application));
    }
    return `${known.index}\n${requestVariables(exchange).join("\n")}`;
  }

  #takeIndex(fields: unknown): number {
    const index = this.#next;
    this.#next = (index + 1) % MOST_COMMON;
    this.#known.delete(this.#owners[index]);
    this.#owners[index] = fields;
    return index;
  }
}

/** The variables that are text and do not vary, as JSON; under the empty name the application's number. */
function commonPart(exchange: Exchange, application: number): string {
  const environ = buildEnviron(exchange, "1.0");
  for (const name of VARYING_NAMES) delete environ[name];
  for (const name in environ) if (typeof environ[name] !== "string") delete environ[name];
  return JSON.stringify({ ...environ, "": application });
}
