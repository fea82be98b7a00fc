// Compares the environ, key by key, with that of the real Cheroot for the same octets. The tables here hold
// the differences, each with its reason; docs/wsgi.md has them too.

import { assert, assertEquals } from "@std/assert";
import { within } from "../../support/latch.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { octets } from "../../wire/row.ts";
import { WORKERS, wsgiSite } from "./wsgi_site.ts";

/** Debian's; the `python3` of the search path may be another one. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = new URL("./cheroot_environ.py", import.meta.url);

type Environ = Record<string, string | boolean | undefined>;

/** Differences in every request: what Cheroot has, what Robusto has, and why. */
const ALWAYS: Record<string, readonly [cheroot: unknown, robusto: unknown, reason: string]> = {
  SERVER_NAME: [/^Cheroot\//, "127.0.0.1", "applications make URLs with it"],
  SERVER_SOFTWARE: [
    /^Cheroot\/.* Server$/,
    /^Robusto\/.* Server$/,
    "each calls itself by its name",
  ],
  SERVER_PORT: [/^[0-9]+$/, /^[0-9]+$/, "each has another port"],
  REMOTE_PORT: [/^[0-9]+$/, /^[0-9]+$/, "each connection has another port"],
  "wsgi.version": [
    /^\(.*, 0\)$/,
    /^\[.*, 0 \]$/,
    "a tuple in one language is an array in the other",
  ],
  "wsgi.input": [/./, /./, "an object"],
  "wsgi.errors": [/./, /./, "an object"],
  "wsgi.file_wrapper": [undefined, /Function/, "Cheroot leaves it out, which PEP 3333 allows"],
  "wsgi.multithread": [true, false, "a worker has a copy of the application that is its own"],
  "wsgi.multiprocess": [false, true, "other workers have theirs, and share nothing with it"],
};

interface Row {
  readonly name: string;
  readonly wire: string;
  /** Differences in this request. */
  readonly differs?: Record<string, readonly [cheroot: unknown, robusto: unknown, reason: string]>;
}

const NOT_TERMINATED = [
  false,
  true,
  "reading never goes past the content, however it is framed; Cheroot says so of chunked only",
] as const;
const PLAIN = { "wsgi.input_terminated": NOT_TERMINATED };

const ROWS: readonly Row[] = [
  { name: "plain", wire: "GET / HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "path and query", wire: "GET /a/b?c=d&e=%20f HTTP/1.1|Host: a:80||", differs: PLAIN },
  { name: "empty query", wire: "GET /a? HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "HTTP/1.0", wire: "GET /a HTTP/1.0||", differs: PLAIN },
  { name: "an unknown method", wire: "BREW /a HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "encoded octets", wire: "GET /a%20b%41%e4%C3%A4%00 HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "encoded UTF-8", wire: "GET /%C3%A4?%C3%A4 HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "an encoded slash", wire: "GET /a%2Fb%2fc%252F HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "a broken encoding", wire: "GET /a%zz% HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "dot segments", wire: "GET /a/../b/./c//d HTTP/1.1|Host: a||", differs: PLAIN },
  { name: "parameters", wire: "GET /a;b=c/d;e HTTP/1.1|Host: a||", differs: PLAIN },
  {
    name: "the whole server",
    wire: "OPTIONS * HTTP/1.1|Host: a||",
    differs: PLAIN,
  },
  {
    name: "an absolute-form target",
    wire: "OPTIONS http://b:81/c%20d?e HTTP/1.1|Host: a||",
    differs: {
      ...PLAIN,
      PATH_INFO: ["/c%20d", "/c d", "Cheroot decodes origin-form only"],
      HTTP_HOST: ["a", "b:81", "RFC 9112 §3.2.2: the target's authority is the one that counts"],
    },
  },
  {
    name: "content",
    wire: "POST /a HTTP/1.1|Host: a|Content-Type: text/x|Content-Length: 3||abc",
    differs: PLAIN,
  },
  {
    name: "empty content",
    wire: "POST /a HTTP/1.1|Host: a|Content-Type: text/x|Content-Length: 0||",
    differs: PLAIN,
  },
  {
    name: "chunked content",
    wire: "POST /a HTTP/1.1|Host: a|Transfer-Encoding: chunked||3|abc|0||",
  },
  {
    name: "names and values of fields",
    wire: "GET / HTTP/1.1|hOST: a|x-MIXED-case:  \xe4 b\tc |X-Empty:|Accept: a, b;q=0.5||",
    differs: PLAIN,
  },
  {
    name: "fields that are lists",
    wire: "GET / HTTP/1.1|Host: a|Accept: a|Accept: b|Via: c|Via: d||",
    differs: PLAIN,
  },
  {
    name: "other repeated fields",
    wire: "GET / HTTP/1.1|Host: a|X-A: 1|X-A: 2|Cookie: a=1|Cookie: b=2||",
    differs: {
      ...PLAIN,
      HTTP_X_A: ["2", "1, 2", "RFC 9110 §5.3: joined; Cheroot keeps the last"],
      HTTP_COOKIE: ["b=2", "a=1; b=2", "RFC 6265 §5.4: a cookie string has semicolons"],
    },
  },
  {
    name: "names with an underscore",
    wire: "GET / HTTP/1.1|Host: a|X-User: real|X_User: forged|Content_Length: 5||",
    differs: {
      ...PLAIN,
      HTTP_X_USER: ["forged", "real", "a name with an underscore could forge another"],
      CONTENT_LENGTH: ["5", undefined, "a name with an underscore could forge another"],
    },
  },
  {
    name: "a name with an underscore alone",
    wire: "GET / HTTP/1.1|Host: a|X_User: forged||",
    differs: {
      ...PLAIN,
      HTTP_X_USER: ["forged", undefined, "a name with an underscore could forge another"],
    },
  },
];

const reason = await whyNot();
for (const version of ["1.0", "u.0"] as const) {
  const name = `the environ of WSGI ${version} is Cheroot's except for the tables`;
  const ignore = reason !== undefined;
  Deno.test({ name: ignore ? `${name} (${reason})` : name, ignore }, async (t) => {
    await using cheroot = await Cheroot.start(version);
    await using site = await wsgiSite(WORKERS[0], version === "1.0" ? "dumping" : "unicode");
    for (const row of ROWS) {
      await t.step(row.name, async () => {
        const theirs = await ask(await cheroot.connect(), row.wire);
        const ours = await ask(await site.dial(), row.wire);
        const differs = { ...ALWAYS, ...row.differs };
        const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
        for (const key of keys) {
          const expected = differs[key];
          if (expected === undefined) {
            assertEquals([key, ours[key]], [key, theirs[key]]);
          } else {
            assertFits(key, theirs[key], expected[0]);
            assertFits(key, ours[key], expected[1]);
          }
        }
        for (const key of Object.keys(row.differs ?? {})) {
          assert(keys.has(key), `${key} is in the table and in neither environ`);
        }
      });
    }
  });
}

async function ask(conn: Deno.TcpConn, wire: string): Promise<Environ> {
  using client = new RawClient(conn);
  await client.send(octets(wire));
  const response = await client.read();
  assertEquals(response.status, 200, contentText(response));
  return JSON.parse(contentText(response));
}

function assertFits(key: string, value: unknown, expected: unknown): void {
  if (expected instanceof RegExp) assert(expected.test(String(value)), `${key}: ${value}`);
  else assertEquals([key, value], [key, expected]);
}

async function whyNot(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command(PYTHON, {
      args: ["-c", "import cheroot"],
      stderr: "null",
    }).output();
    return success ? undefined : "python3-cheroot is not installed";
  } catch {
    return `${PYTHON} is missing`;
  }
}

/** The real Cheroot, in another process. */
class Cheroot implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #port: number;

  private constructor(child: Deno.ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(version: string): Promise<Cheroot> {
    const child = new Deno.Command(PYTHON, {
      args: [SCRIPT.pathname, version],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    const listen = async () => {
      while (!said.endsWith("\n")) {
        const { done, value } = await reader.read();
        if (done) throw new Error("Cheroot has not started");
        said += value;
      }
    };
    await within(listen(), 20_000);
    await reader.cancel();
    return new Cheroot(child, Number(said));
  }

  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.#port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.#child.status;
    clearTimeout(timer);
  }
}
