// Under which of several prefixes does a request's path lie? Pure: text in, place out. What stands at a
// prefix, and that the request goes there, is for others.

import type { RequestTarget } from "../../http1/request_target.ts";

/** Where a path has been found. */
export interface PrefixMatch<Value> {
  /** What stands at the prefix. */
  readonly value: Value;
  /** Octets of the path, as it was sent, that the prefix takes. */
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

/** Finds what stands at the longest prefix of a path. Prefixes end where segments do: `/blog` has
 * `/blog` and `/blog/today`, and has not `/blogger`. */
export class PrefixTable<Value> {
  readonly #entries: readonly Entry<Value>[];
  readonly #root: Value | undefined;

  /** @param values what stands at which prefix; the prefixes as {@linkcode readPrefix} gives them, each
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

  /** Finds the place of a request.
   *
   * Percent-encodings of the path are decoded before it is compared, but that of a slash: `/%62log` is
   * `/blog`, and `/a%2Fb` is one segment. Nothing else is made of it: neither dot segments nor repeated
   * slashes are resolved. A target that has no path (`*`, or the authority of a CONNECT) means the whole
   * server and belongs to the root.
   *
   * @param target what the request asks for
   * @param from octets of its path that have been taken already
   * @returns the place, or `undefined` where no prefix fits */
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
 * @throws {TypeError} when it can be no prefix of a path */
export function readPrefix(prefix: unknown): string {
  if (typeof prefix !== "string") throw cannotMount(prefix, "a path as text");
  if (prefix !== "" && !prefix.startsWith("/")) {
    throw cannotMount(prefix, 'a path that begins with "/", or nothing for the root');
  }
  // deno-lint-ignore no-control-regex -- they are what is looked for
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

/** What PATH_INFO is made of in Cheroot: octets, with encoded slashes left as they are. */
function decoded(path: string): string {
  return path.replace(
    /%([0-9A-Fa-f]{2})/g,
    (encoding, digits) =>
      /^2f$/i.test(digits) ? encoding : String.fromCharCode(parseInt(digits, 16)),
  );
}

/** Slashes are never decoded, so as many of them stand in the path as it was sent. */
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
