// Decides whether a request to the admin listener is allowed: by its token, and by where a browser says that
// it comes from. A page of another site must not be able to read anything or to end a request.

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { RequestHead } from "../http1/request_head.ts";

/** A token that is shorter can be guessed. */
const SHORTEST_TOKEN = 16;

/** The file of the token cannot be used. */
export class AdminTokenError extends TypeError {
  /** Name of the class, as for every error. */
  override readonly name = "AdminTokenError";
}

/** Why a request is not allowed. */
export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly advice: string;
}

/** Who may use the admin listener. */
export interface AccessRules {
  /** Undefined without one. */
  readonly token: AdminToken | undefined;
  /** The host of the listener as it was given; undefined for a UNIX socket, which no browser reaches. */
  readonly hostname: string | undefined;
}

/** The token that clients have to send. Keeps its digest only. */
export class AdminToken {
  readonly #digest: Buffer;

  /** @param text the token */
  constructor(text: string) {
    this.#digest = digestOf(text);
  }

  /** Reads a token: the first line of a file.
   *
   * @throws {AdminTokenError} when the file cannot be read, or has no good token */
  static fromFile(path: string): AdminToken {
    const cannot = `Cannot use adminTokenFile ${JSON.stringify(path)}: `;
    let text: string;
    try {
      [text] = readFileSync(path, "utf8").split(/\r?\n/);
    } catch (error) {
      throw new AdminTokenError(cannot + (error as Error).message, { cause: error });
    }
    if (/^[A-Za-z0-9._~+/=-]+$/.test(text) && text.length >= SHORTEST_TOKEN) {
      return new AdminToken(text); // the characters of RFC 6750 §2.1
    }
    throw new AdminTokenError(
      `${cannot}expected a first line of at least ${SHORTEST_TOKEN} letters, digits or . _ ~ + / = -`,
    );
  }

  /** Whether an Authorization field has the token. The time that this takes tells nothing about it. */
  isIn(authorization: string | undefined): boolean {
    const [, given = ""] = /^bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
    return timingSafeEqual(digestOf(given), this.#digest);
  }
}

/** Checks a request.
 *
 * @param head the request
 * @param rules who may do what
 * @param isOpen whether it asks for something that tells nothing, and so needs no token
 * @returns undefined when it is allowed */
export function refusalOf(
  { method, fields, authority }: RequestHead,
  { token, hostname }: AccessRules,
  isOpen: boolean,
): Refusal | undefined {
  const changes = method !== "GET" && method !== "HEAD";
  if (changes && isCrossSite(fields, authority)) {
    return { status: 403, advice: "Forbidden: a page of another site has sent this request" };
  }
  if (token !== undefined) {
    if (isOpen || token.isIn(fields.get("authorization"))) return undefined;
    return { status: 401, advice: "Unauthorized: expected Authorization: Bearer TOKEN" };
  }
  if (hostname === undefined || isOwnHost(authority, hostname)) return undefined;
  return { status: 421, advice: "Misdirected Request: the host is not that of this listener" };
}

/** Whether a browser says that a page of another origin has sent the request. Clients that are no browsers
 * send neither field. */
function isCrossSite(fields: RequestHead["fields"], authority: string): boolean {
  const site = fields.get("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = fields.get("origin");
  return origin !== undefined &&
    origin.toLowerCase().replace(/^https?:\/\//, "") !== authority.toLowerCase();
}

/** Whether no name of another site was resolved to this listener (DNS rebinding). An attacker needs a name:
 * addresses and `localhost` are safe, whatever the port, which a tunnel may change. */
function isOwnHost(authority: string, hostname: string): boolean {
  const host = authority.replace(/:[0-9]*$/, "").replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return host === "localhost" || host.endsWith(".localhost") || isIP(host) !== 0 ||
    host === hostname.toLowerCase();
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
