// Requests to the applications in fixtures/conformance.py, with the expected responses.

/** One request and its response. */
export interface Row {
  readonly name: string;
  readonly wire: string;
  readonly status?: number;
  readonly text?: string;
  /** Content-Length of the response; undefined when it is chunked. */
  readonly length?: string | undefined;
  readonly log?: readonly string[];
}

export const get = (path: string) => `GET ${path} HTTP/1.1|Host: a||`;
const post = (path: string, content: string) =>
  `POST ${path} HTTP/1.1|Host: a|Content-Length: ${content.length}||${content}`;
const chunked = (path: string, ...chunks: string[]) =>
  `POST ${path} HTTP/1.1|Host: a|Transfer-Encoding: chunked||` +
  [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}|${chunk}|`).join("");

export const ROWS: readonly Row[] = [
  { name: "GET", wire: get("/greet"), text: "Hello world!" },
  { name: "HEAD", wire: "HEAD /greet HTTP/1.1|Host: a||", text: "" },
  { name: "HEAD of a stream", wire: "HEAD /much HTTP/1.1|Host: a||", text: "" },
  { name: "HTTP/1.0", wire: "GET /several HTTP/1.0||", text: "one two three" },
  {
    name: "HEAD without pieces",
    wire: "HEAD /empty HTTP/1.1|Host: a||",
    text: "",
    length: undefined,
  },
  { name: "a URL without Host", wire: "GET /uri HTTP/1.0||", text: "http://127.0.0.1:PORT/uri" },
  { name: "several pieces", wire: get("/several"), text: "one two three", length: undefined },
  { name: "no content allowed", wire: get("/nothing"), status: 204, text: "" },
  { name: "no pieces at all", wire: get("/empty"), text: "", length: "0" },
  { name: "a declared length", wire: get("/declared"), text: "Hello world!", length: "12" },
  { name: "another head, before any was sent", wire: get("/changed"), status: 404, text: "Gone" },
  { name: "write()", wire: get("/write"), text: "written by hand, then returned" },
  {
    name: "read(size), then the rest",
    wire: post("/read?read4+rest", "some content"),
    text: '["some", " content"]',
  },
  {
    name: "read behind the end",
    wire: post("/read?rest+read4+line", "all"),
    text: '["all", "", ""]',
  },
  { name: "no content", wire: get("/read?rest+line+lines"), text: '["", "", ""]' },
  {
    name: "readline",
    wire: post("/read?line+line3+line+line", "a\nlong line\n"),
    text: '["a\\n", "lon", "g line\\n", ""]',
  },
  { name: "readlines", wire: post("/read?lines", "a\nb\nc"), text: '["a\\n|b\\n|c"]' },
  {
    name: "readlines(hint)",
    wire: post("/read?hint+lines", "a\nb\nc"),
    text: '["a\\n", "b\\n|c"]',
  },
  { name: "iteration", wire: post("/read?each", "a\nb\nc"), text: '["a\\n|b\\n|c"]' },
  {
    name: "chunked: read(size), then the rest",
    wire: chunked("/read?read4+rest", "so", "me cont", "ent"),
    text: '["some", " content"]',
  },
  {
    name: "chunked: readline",
    wire: chunked("/read?line+line3+line+line", "a\nlo", "ng line\n"),
    text: '["a\\n", "lon", "g line\\n", ""]',
  },
  {
    name: "chunked: iteration",
    wire: chunked("/read?each", "a", "\nb\nc"),
    text: '["a\\n|b\\n|c"]',
  },
  { name: "chunked: nothing", wire: chunked("/read?rest"), text: '[""]' },
  {
    name: "wsgi.errors",
    wire: get("/log"),
    text: "logged",
    log: ["wsgi-errors: one line", "wsgi-errors: a second", "wsgi-errors: a third"],
  },
  {
    name: "an exception",
    wire: get("/fail"),
    status: 500,
    log: ["handler-failed: LookupError: before the head"],
  },
  {
    name: "SystemExit",
    wire: get("/leave"),
    status: 500,
    log: ["handler-failed: SystemExit: a request is no place to leave from"],
  },
  {
    name: "KeyboardInterrupt",
    wire: get("/interrupt"),
    status: 500,
    log: ["handler-failed: KeyboardInterrupt"],
  },
  {
    name: "chunks that cannot be read",
    status: 400,
    log: ['request-refused: Cannot read chunk size: expected 1-16 hex digits, got "z"'],
    wire: "POST /checksum HTTP/1.1|Host: a|Transfer-Encoding: chunked||2|ab|zz|",
  },
  {
    name: "content that stops coming",
    status: 408,
    log: ["request-refused: Cannot receive content: it took too long"],
    wire: "POST /checksum HTTP/1.1|Host: a|Transfer-Encoding: chunked||2|ab|",
  },
];
