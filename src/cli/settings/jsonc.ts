// Parses JSON with comments and trailing commas (JSONC), as editors and deno.jsonc have it. Everything else is
// as strict as RFC 8259, and a key that stands twice in one object is refused, because only one of the two
// values could be in force.

/** Deeper nesting is no configuration. */
const MOST_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
/** A string's end is found here, and its octets are checked by `JSON.parse`. */
const STRING = /"(?:[^"\\\n\r]|\\[^\n\r])*"/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const BLANK = /(?:[ \t\r\n]|\/\/[^\n\r]*|\/\*[^]*?\*\/)*/y;

/** Parses a text.
 *
 * @param text JSON, in which comments and trailing commas may stand
 * @returns its value
 * @throws {SyntaxError} with the line and the column of the first mistake */
export function parseJsonc(text: string): unknown {
  const parser = new Parser(text.replace(/^\uFEFF/, " ")); // editors may begin a file with a BOM
  return parser.parse();
}

class Parser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): unknown {
    const value = this.#value(0);
    this.#skipBlank();
    if (this.#position < this.#text.length) throw this.#error("the end of the text");
    return value;
  }

  #value(depth: number): unknown {
    this.#skipBlank();
    if (depth > MOST_DEPTH) throw this.#error(`at most ${MOST_DEPTH} levels`);
    const start = this.#text[this.#position];
    if (start === "{") return this.#object(depth);
    if (start === "[") return this.#array(depth);
    if (start === '"') return this.#string();
    const number = this.#take(NUMBER);
    if (number !== undefined) return Number(number);
    const at = this.#position;
    const word = this.#take(WORD);
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") return null;
    this.#position = at;
    throw this.#error("a value");
  }

  #object(depth: number): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    this.#list("}", () => {
      const at = this.#position;
      if (this.#text[at] !== '"') throw this.#error('a key in double quotes or "}"');
      const key = this.#string();
      if (Object.hasOwn(members, key)) {
        this.#position = at;
        throw this.#error(`the key ${JSON.stringify(key)} once`);
      }
      this.#skipBlank();
      if (this.#text[this.#position] !== ":") throw this.#error('":"');
      this.#position++;
      // Not by an assignment, which would take "__proto__" for the prototype.
      const property = { value: this.#value(depth + 1), enumerable: true, writable: true };
      Object.defineProperty(members, key, { ...property, configurable: true });
    });
    return members;
  }

  #array(depth: number): unknown[] {
    const elements: unknown[] = [];
    this.#list("]", () => void elements.push(this.#value(depth + 1)));
    return elements;
  }

  /** Reads what stands between brackets, with commas between two and perhaps behind the last. */
  #list(end: string, element: () => void): void {
    this.#position++;
    for (;;) {
      this.#skipBlank();
      if (this.#text[this.#position] === end) break;
      element();
      this.#skipBlank();
      if (this.#text[this.#position] === end) break;
      if (this.#text[this.#position] !== ",") throw this.#error(`"," or "${end}"`);
      this.#position++;
    }
    this.#position++;
  }

  #string(): string {
    const at = this.#position;
    const quoted = this.#take(STRING);
    if (quoted === undefined) throw this.#error("a string that ends in its line");
    try {
      return JSON.parse(quoted);
    } catch {
      this.#position = at;
      throw this.#error("a string without control characters, with the escapes of JSON");
    }
  }

  #skipBlank(): void {
    this.#take(BLANK);
    if (this.#text.startsWith("/*", this.#position)) throw this.#error('"*/" behind it');
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#position += match.length;
    return match;
  }

  #error(expected: string): SyntaxError {
    const lines = this.#text.slice(0, this.#position).split(/\r\n|\n|\r/);
    const found = [...this.#text.slice(this.#position, this.#position + 2)][0];
    const got = found === undefined ? "the end" : JSON.stringify(found);
    return new SyntaxError(
      `line ${lines.length}, column ${lines.at(-1)!.length + 1}: expected ${expected}, got ${got}`,
    );
  }
}
