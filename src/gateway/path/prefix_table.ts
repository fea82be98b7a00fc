// Finds the longest of several prefixes that a request's path begins with. It is pure, and does not know
// what the values at the prefixes are.

import type { RequestTarget } from "../../http1/request_target.ts";

/** The prefix that a path begins with. */
export interface PrefixMatch<Value> {
  /** The value at the prefix. */
  readonly value: Value;
  /** Length of the prefix in the path, in octets as the path was sent. */
  readonly length: number;
}

/** A prefix as it is compared. */
interface Entry<Value> {
  /** Its octets, a character each. */
  readonly octets: string;
  readonly slashes: number;
  readonly value: Value;
}

const SLASH = 0x2f;

/** Finds the value at the longest prefix of a path. Prefixes end where segments do: `/blog` has `/blog` and
 * `/blog/today`, and has not `/blogger`. */
export class PrefixTable<Value> {
  readonly #entries: readonly Entry<Value>[];
  readonly #root: Value | undefined;

  /** @param values the values by their prefixes, which are as {@linkcode readPrefix} returns them, each
   * once */
  constructor(values: Iterable<readonly [prefix: string, value: Value]>) {
    const entries = Array.from(values, ([prefix, value]) => ({
      octets: octetsOf(prefix),
      slashes: prefix.split("/").length - 1,
      value,
    }));
    this.#entries = entries.sort((a, b) => b.octets.length - a.octets.length);
    this.#root = entries.find(({ octets }) => octets === "")?.value;
  }

  /** Finds the prefix of a request.
   *
   * The path is compared with its percent-encodings decoded, except that of a slash: `/%62log` is `/blog`,
   * and `/a%2Fb` is one segment. Dot segments and repeated slashes are not resolved. A target without a
   * path (`*`, or the authority of a CONNECT) means the whole server and belongs to the root.
   *
   * @param target the target of the request
   * @param from octets of its path that prefixes have taken already
   * @returns the prefix, or undefined when no prefix matches */
  find(target: RequestTarget, from: number): PrefixMatch<Value> | undefined {
    if (!("path" in target)) {
      return this.#root === undefined ? undefined : { value: this.#root, length: 0 };
    }
    const sent = from === 0 ? target.path : target.path.slice(from);
    const path = sent.includes("%") ? decoded(sent) : sent;
    for (const { octets, slashes, value } of this.#entries) {
      const { length } = octets;
      if (length < path.length && path.charCodeAt(length) !== SLASH) continue;
      if (!path.startsWith(octets)) continue;
      return { value, length: path === sent ? length : endOfSegment(sent, slashes) };
    }
  }
}

/** Checks a prefix and drops slashes at its end.
 *
 * @param prefix such as `/blog`; `/` and the empty text are the root
 * @returns the prefix; empty for the root
 * @throws {TypeError} when no path can begin with it */
export function readPrefix(prefix: unknown): string {
  if (typeof prefix !== "string") throw cannotMount(prefix, "a path as text");
  if (prefix !== "" && !prefix.startsWith("/")) {
    throw cannotMount(prefix, 'a path that begins with "/", or nothing for the root');
  }
  // deno-lint-ignore no-control-regex -- it looks for control characters
  if (/[\x00-\x1f\x7f]/.test(prefix)) {
    throw cannotMount(prefix, "a path without control characters");
  }
  if (/[?#]/.test(prefix)) throw cannotMount(prefix, "a path without a query or a fragment");
  if (prefix.includes("%")) {
    throw cannotMount(prefix, "a path without percent-encodings, which are decoded before");
  }
  if (prefix.split("/").some((segment) => segment === "." || segment === "..")) {
    throw cannotMount(prefix, "a path without dot segments, which clients resolve");
  }
  return prefix.replace(/\/+$/, "");
}

function cannotMount(prefix: unknown, expected: string): TypeError {
  const got = typeof prefix === "string" ? JSON.stringify(prefix) : typeof prefix;
  return new TypeError(`Cannot mount application: expected ${expected}, got ${got}`);
}

/** Decodes a path as Cheroot decodes PATH_INFO: into octets, with encoded slashes left as they are. */
function decoded(path: string): string {
  return path.replace(
    /%([0-9A-Fa-f]{2})/g,
    (encoding, digits) =>
      /^2f$/i.test(digits) ? encoding : String.fromCharCode(parseInt(digits, 16)),
  );
}

/** The end of the segment behind so many slashes. Slashes are never decoded, so the path as it was sent has
 * the same number of them. */
function endOfSegment(sent: string, slashes: number): number {
  let at = -1;
  for (let passed = 0; passed <= slashes; passed++) {
    at = sent.indexOf("/", at + 1);
    if (at < 0) return sent.length;
  }
  return at;
}

function octetsOf(text: string): string {
  return Array.from(new TextEncoder().encode(text), (octet) => String.fromCharCode(octet)).join("");
}
