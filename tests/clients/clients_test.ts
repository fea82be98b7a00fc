// Clients of other projects over real sockets: curl, fetch, node:http, http.client, wrk and ab. The test of a
// client that is not installed is ignored, and its name says so.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import { isInstalled } from "../support/program.ts";
import { Site } from "../support/site.ts";

const LARGE = "0123456789abcdef".repeat(128 * 1024); // 2 MiB

/** The application that the clients use. */
async function app(request: Request, info: FetchInfo): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/hello":
      return new Response("hello");
    case "/echo": {
      const content = await request.text();
      const { method, headers } = request;
      return Response.json({
        method,
        size: content.length,
        start: content.slice(0, 3),
        framing: headers.has("content-length") ? "length" : headers.get("transfer-encoding"),
        trailer: headers.get("x-trailer"), // a trailer does not join the headers
      });
    }
    case "/hints":
      await info.informational(103, { link: "</a.css>; rel=preload" });
      return new Response("hinted");
    case "/large":
      return new Response(LARGE);
    case "/stream":
      return new Response(ReadableStream.from(["one ", "two ", "three"].map(encode)));
    case "/none":
      return new Response(null, { status: 204 });
    case "/fail":
      throw new Error("secret");
    case "/refuse":
      return new Response("no, thanks", { status: 403 });
    default:
      return new Response("not here", { status: 404 });
  }
}

const encode = (text: string) => new TextEncoder().encode(text);

/** The content of a response of `/echo`. */
const echo = (method: string, size: number, start: string, framing: string) => ({
  method,
  size,
  start,
  framing,
  trailer: null,
});

/** A test that runs if a program is installed. */
function testWith(program: string, claim: string, fn: (site: Site) => Promise<void>): void {
  const installed = isInstalled(program);
  Deno.test({
    name: installed ? `${program} ${claim}` : `${program} ${claim} (${program} is not installed)`,
    ignore: !installed,
    async fn() {
      await using site = new Site(app);
      await fn(site);
      const errors = site.log.filter(({ level, event }) =>
        level === "error" && event !== "handler-failed"
      );
      assertEquals(errors, []);
    },
  });
}

/** Runs a program until it ends, and returns its output. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  const [out, err] = [stdout, stderr].map((octets) => new TextDecoder().decode(octets));
  assertEquals(success, true, `${program} ${args.join(" ")}\n${out}\n${err}`);
  return out;
}

/** Runs a test with a file to upload. */
async function withFile(content: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, content);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

// curl -------------------------------------------------------------------------------------------

const curl = (...args: string[]) =>
  run("curl", "--silent", "--show-error", "--max-time", "10", ...args);

testWith("curl", "gets", async ({ url }) => {
  assertEquals(await curl(`${url}/hello`), "hello");
  assertEquals(await curl("--http1.1", `${url}/stream`), "one two three");
  assertEquals(await curl("--http1.0", `${url}/hello`), "hello");
  assertEquals(await curl("--http1.0", `${url}/stream`), "one two three");
  assertEquals(await curl("--write-out", "%{http_code}", `${url}/none`), "204");
  assertEquals((await curl(`${url}/large`)) === LARGE, true);
});

testWith("curl", "requests a head with HEAD", async ({ url }) => {
  const head = await curl("--head", `${url}/hello`);
  assertMatch(head, /^HTTP\/1\.1 200 OK\r\n/);
  assertMatch(head, /content-length: 5\r\n/i);
  assertMatch(head, /\r\n\r\n$/);
  assertMatch(await curl("--http1.0", "--head", `${url}/hello`), /content-length: 5\r\n/i);
});

testWith("curl", "posts", async ({ url }) => {
  assertEquals(
    JSON.parse(await curl("--data", "abc", `${url}/echo`)),
    echo("POST", 3, "abc", "length"),
  );
  assertEquals(
    JSON.parse(
      await curl("--header", "Transfer-Encoding: chunked", "--data", "abc", `${url}/echo`),
    ),
    echo("POST", 3, "abc", "chunked"),
  );
  assertEquals(
    JSON.parse(await curl("--request", "PATCH", "--data", "abc", `${url}/echo`)),
    echo("PATCH", 3, "abc", "length"),
  );
});

testWith("curl", "uploads a file, with its length and chunked", async ({ url }) => {
  await withFile(LARGE, async (path) => {
    assertEquals(
      JSON.parse(await curl("--upload-file", path, `${url}/echo`)),
      echo("PUT", LARGE.length, "012", "length"),
    );
    const chunked = ["--header", "Transfer-Encoding: chunked", "--upload-file", path];
    assertEquals(
      JSON.parse(await curl(...chunked, `${url}/echo`)),
      echo("PUT", LARGE.length, "012", "chunked"),
    );
  });
});

testWith("curl", "waits for 100 (Continue) before a large upload", async ({ url }) => {
  await withFile(LARGE, async (path) => {
    const expecting = ["--header", "Expect: 100-continue", "--expect100-timeout", "8"];
    const output = await curl(
      "--include",
      ...expecting,
      "--data-binary",
      `@${path}`,
      `${url}/echo`,
    );
    assertMatch(output, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    assertEquals(
      JSON.parse(output.slice(output.lastIndexOf("\r\n\r\n"))),
      echo("POST", LARGE.length, "012", "length"),
    );
  });
});

testWith("curl", "gets a 403 without uploading", async ({ url }) => {
  await withFile(LARGE, async (path) => {
    const expecting = ["--header", "Expect: 100-continue", "--expect100-timeout", "8"];
    const output = await curl(
      ...expecting,
      "--write-out",
      " %{http_code} %{size_upload}",
      "--data-binary",
      `@${path}`,
      `${url}/refuse`,
    );
    assertEquals(output, "no, thanks 403 0");
  });
});

testWith("curl", "gets a 403 in the middle of an upload", async ({ url }) => {
  await withFile(LARGE, async (path) => {
    const output = await curl("--header", "Expect:", "--data-binary", `@${path}`, `${url}/refuse`);
    assertEquals(output, "no, thanks");
  });
});

testWith("curl", "keeps its connection for several URLs", async ({ url, server }) => {
  const format = ["--write-out", " %{num_connects}\n"];
  const urls = ["/hello", "/stream", "/none", "/fail", "/hello"].map((path) => url + path);
  const output = await curl(...format, ...urls);
  assertEquals(output.split("\n"), [
    "hello 1",
    "one two three 0",
    " 0",
    "Internal Server Error",
    " 0",
    "hello 0",
    "",
  ]);
  assertEquals(server.stats.accepts, 1);
});

testWith("curl", "sees early hints", async ({ url }) => {
  const output = await curl("--include", `${url}/hints`);
  assertMatch(output, /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n\r\n/i);
  assertMatch(output, /\r\n\r\nhinted$/);
});

testWith("curl", "gets 417 for an unknown expectation", async ({ url }) => {
  const code = ["--output", "/dev/null", "--write-out", "%{http_code}"];
  assertEquals(await curl(...code, "--header", "Expect: wonders", `${url}/hello`), "417");
});

// fetch ------------------------------------------------------------------------------------------

Deno.test("fetch does the same as curl", async () => {
  await using site = new Site(app);
  const { url } = site;
  const client = Deno.createHttpClient({ http2: false });
  try {
    const ask = (path: string, init: RequestInit = {}) => fetch(url + path, { ...init, client });
    assertEquals(await (await ask("/hello")).text(), "hello");
    assertEquals(await (await ask("/stream")).text(), "one two three");
    assertEquals((await (await ask("/large")).text()) === LARGE, true);
    const head = await ask("/hello", { method: "HEAD" });
    assertEquals([head.status, head.headers.get("content-length")], [200, "5"]);
    assertEquals(await (await ask("/none")).text(), "");
    assertEquals(await (await ask("/fail")).text(), "Internal Server Error\n");
    assertEquals(
      await (await ask("/echo", { method: "POST", body: "abc" })).json(),
      echo("POST", 3, "abc", "length"),
    );
    const body = ReadableStream.from(["abc", LARGE].map(encode));
    assertEquals(
      await (await ask("/echo", { method: "PUT", body })).json(),
      echo("PUT", 3 + LARGE.length, "abc", "chunked"),
    );
    assertEquals(await (await ask("/hints")).text(), "hinted");
    const many = await Promise.all(
      Array.from({ length: 50 }, async () => await (await ask("/hello")).text()),
    );
    assertEquals(new Set(many), new Set(["hello"]));
  } finally {
    client.close();
  }
});

// node:http --------------------------------------------------------------------------------------

const NODE_CLIENT = new URL("node_http.mjs", import.meta.url).pathname;

/** The report of any keep-alive client, by the keys of its script. */
const REPORT = {
  head: [200, "5", ""],
  length: echo("POST", 3, "abc", "length"),
  chunked: echo("POST", 200_000, "xxx", "chunked"),
  large: LARGE.length,
  stream: "one two three",
  none: [204, ""],
  fail: [500, "Internal Server Error\n"],
  last: [200, "hello"],
};

const NODE_REPORT = {
  ...REPORT,
  get: [200, "hello", 200, "hello"],
  trailers: echo("POST", 3, "abc", "chunked"),
  expecting: [["continue"], echo("POST", 3, "abc", "length")],
  hints: [[[103, "</a.css>; rel=preload"]], "hinted"],
};

testWith("node", "uses one connection of node:http for all requests", async ({ url, server }) => {
  assertEquals(JSON.parse(await run("node", NODE_CLIENT, url)), NODE_REPORT);
  assertEquals(server.stats.accepts, 1);
});

Deno.test("Deno uses one connection of node:http for all requests", async () => {
  await using site = new Site(app);
  const report = await run(Deno.execPath(), "run", "-A", NODE_CLIENT, site.url);
  assertEquals(JSON.parse(report), NODE_REPORT);
  assertEquals(site.server.stats.accepts, 1);
});

// Python -----------------------------------------------------------------------------------------

testWith("python3", "uses one connection of http.client for all requests", async ({ server }) => {
  const script = new URL("http_client.py", import.meta.url).pathname;
  const { hostname, port } = server.addr;
  assertEquals(JSON.parse(await run("python3", script, hostname, `${port}`)), {
    ...REPORT,
    get: [200, 11, "hello"],
    expecting: echo("POST", 3, "abc", "length"),
  });
  assertEquals(server.stats.accepts, 1);
});

// Load -------------------------------------------------------------------------------------------

testWith("wrk", "sees no error", async ({ url }) => {
  const report = await run(
    "wrk",
    "--threads",
    "1",
    "--connections",
    "16",
    "--duration",
    "1s",
    `${url}/hello`,
  );
  assert(!/Socket errors|Non-2xx/.test(report), report);
  assertMatch(report, /[1-9][0-9]* requests in/);
});

testWith("ab", "sees no failure, with and without keep-alive", async ({ url }) => {
  for (const keepAlive of [["-k"], []]) {
    for (const path of ["/hello", "/stream"]) {
      const report = await run("ab", "-q", "-l", ...keepAlive, "-n", "300", "-c", "8", url + path);
      assertMatch(report, /Complete requests: +300\n/);
      assertMatch(report, /Failed requests: +0\n/);
      assert(!/Non-2xx/.test(report), report);
      if (keepAlive.length > 0 && path === "/hello") {
        assertMatch(report, /Keep-Alive requests: +300\n/);
      }
    }
  }
});

testWith("ab", "posts without a failure", async ({ url }) => {
  await withFile("x".repeat(20_000), async (path) => {
    const report = await run("ab", "-q", "-k", "-n", "200", "-c", "4", "-p", path, `${url}/echo`);
    assertMatch(report, /Failed requests: +0\n/);
    assert(!/Non-2xx/.test(report), report);
  });
});
