// Caches parsed heads by their text: clients and applications repeat themselves, so the same few texts
// cross the wire between threads again and again. A bounded number of short texts is kept; when there is no
// more room, all are dropped, which costs less than knowing the oldest.

/** Most texts that are kept. */
const MAX_TEXTS = 256;
/** Longest text that is kept; together they have a quarter of a MiB. */
const MAX_TEXT_LENGTH = 1024;

/** Parses texts, the same one only once. */
export class ParseCache<Parsed> {
  readonly #parse: (text: string) => Parsed;
  readonly #parsed = new Map<string, Parsed>();

  /** @param parse parses a text; its result is shared and must not be changed */
  constructor(parse: (text: string) => Parsed) {
    this.#parse = parse;
  }

  /** Parses a text. */
  get(text: string): Parsed {
    if (text.length > MAX_TEXT_LENGTH) return this.#parse(text);
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    if (this.#parsed.size >= MAX_TEXTS) this.#parsed.clear();
    const parsed = this.#parse(text);
    this.#parsed.set(text, parsed);
    return parsed;
  }
}
