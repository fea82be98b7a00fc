// What did this text mean the last time? Clients and applications repeat themselves, so the same few
// texts cross the wire between threads again and again. A bounded number of short ones is remembered;
// when there is no more room, all are forgotten, which costs less than knowing the oldest.

/** Texts that are remembered at most. */
const MOST_TEXTS = 256;
/** Length of the longest that is remembered; together a quarter of a MiB. */
const LONGEST_TEXT = 1024;

/** Reads texts, those that it knows only once. */
export class ParseCache<Meaning> {
  readonly #read: (text: string) => Meaning;
  readonly #meanings = new Map<string, Meaning>();

  /** @param read reads a text; what it returns is shared and must not be changed */
  constructor(read: (text: string) => Meaning) {
    this.#read = read;
  }

  /** What a text means. */
  get(text: string): Meaning {
    if (text.length > LONGEST_TEXT) return this.#read(text);
    const known = this.#meanings.get(text);
    if (known !== undefined) return known;
    if (this.#meanings.size >= MOST_TEXTS) this.#meanings.clear();
    const meaning = this.#read(text);
    this.#meanings.set(text, meaning);
    return meaning;
  }
}
