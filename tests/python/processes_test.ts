// Python applications in processes: what their code may do there, what it cannot harm, and how processes end.

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { until } from "../support/latch.ts";
import { RawClient } from "../support/raw_client.ts";
import type { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { get } from "./conformance_rows.ts";
import { PYTHON_KINDS, pythonSite, REAL_PYTHON, textOf } from "./python_site.ts";

const { ignore } = PYTHON_KINDS[1];
const MEBIBYTE = 1024 * 1024;

function site(options: ServerOptions = {}): Promise<Site> {
  return pythonSite("process.py", { python: REAL_PYTHON, ...options });
}

async function ask(site: Site, path: string): Promise<string> {
  const response = await site.ask(get(`/${path}`));
  assertEquals(response.status, 200, path);
  return textOf(response);
}

function events(site: Site): string[] {
  return site.log.splice(0).filter(({ event }) => event !== "printed")
    .map(({ event }) => event);
}

/** Whether a process runs; one that has ended and was not waited for counts. */
function exists(pid: number | string): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}

Deno.test(
  "processes: what applications do works as in any Python process",
  { ignore },
  async (t) => {
    const folder = await Deno.makeTempDir();
    try {
      await using server = await site({ minWorkers: 2 });
      for (
        const [path, text] of [
          ["start_thread", "in a thread"],
          ["run_program", "through a program"],
          ["spawn", "42"],
          ["fork", "42"],
          ["fork_and_return", "from the parent"],
          ["fetch", "from another server"],
          ["send_signal", "1"],
          ["doze?0", "True"],
          ["threads", "[false, true]"],
          ["hop", "sent"],
        ]
      ) {
        await t.step(path, async () => assertEquals(await ask(server, path), text));
      }
      assertEquals(events(server), ["field-dropped"]);
      await t.step("a client that has ended its side gets a late response", async () => {
        using client = await server.connect();
        const head = "POST /doze_and_read HTTP/1.1|Host: a|Content-Length: 300000||";
        await client.send(octets(head + "x".repeat(300_000)));
        await client.half();
        assertEquals((await client.read()).content.length, 300_000);
      });
      await t.step("two processes share a database", async () => {
        const path = `increment?${folder}/test.db`;
        const counts = await Promise.all(Array.from({ length: 40 }, () => ask(server, path)));
        assertEquals(Math.max(...counts.map(Number)), 40);
      });
      await t.step("surroundings", async () => {
        const { path, argv, ...given } = JSON.parse(await ask(server, "surroundings"));
        const fixtures = new URL("fixtures", import.meta.url).pathname;
        assertEquals([path, argv], [fixtures, [`${fixtures}/process.py`]]);
        assertEquals(given, {
          stdin: "",
          name: "process",
          folder: Deno.cwd(),
          variable: null,
          encoding: ["utf-8", given.encoding[1]],
          translated: "as it is",
        });
      });
      await t.step("octets of path and query that are not UTF-8", async () => {
        const wire =
          "GET /raw/%ff%0a%2f%C3%A9?q=%ff&\xe9 HTTP/1.1|Host: a|X-Several: 1|X-Several: 2|" +
          "Cookie: a=1|Cookie: b=2||";
        const given = JSON.parse(textOf(await server.ask(wire.replace("\xe9", "%e9"))));
        assertEquals(given, {
          SCRIPT_NAME: "",
          PATH_INFO: "/raw/\xff\n%2F\xc3\xa9",
          QUERY_STRING: "q=%ff&%e9",
          HTTP_X_SEVERAL: "1, 2",
          HTTP_COOKIE: "a=1; b=2",
        });
      });
      assertEquals(events(server), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test(
  "processes: what an application prints is in the log, line by line",
  { ignore },
  async () => {
    await using server = await site();
    server.log.length = 0;
    assertEquals(await ask(server, "write_out"), "written");
    await until(() => server.log.length >= 6);
    const lines = server.log.map(({ level, event, message }) => `${level} ${event}: ${message}`);
    const traceback = server.log.find(({ error }) => error !== undefined)?.error as Error;
    assertMatch(traceback.stack!, /^Traceback [^]*\nValueError: a reason$/);
    assertEquals(lines.toSorted(), [
      "error printed: straight to the descriptor",
      "error wsgi-errors: a fault\nof two lines",
      "error wsgi-errors: to standard error",
      "info printed: to standard output",
      "warn wsgi-errors: a warning",
      "warn wsgi-errors: several\n  lines",
    ]);
    server.log.length = 0;
    assertEquals(await ask(server, "flood"), "flooded");
    await until(() => server.log.length >= 5_000);
  },
);

Deno.test("processes: content of all sizes in both directions", { ignore }, async () => {
  await using server = await site({ maxContentSize: 300 * MEBIBYTE });
  for (const size of [0, 1, 16_384, 65_536, 65_537, 262_144, 262_145, 3_000_000]) {
    const body = new Uint8Array(size);
    for (const path of ["much", "large_file"]) {
      const response = await fetch(`${server.url}/${path}?${size}`);
      assertEquals((await response.bytes()).length, size, path);
    }
    const whole = await fetch(`${server.url}/count`, { method: "POST", body });
    assertEquals(await whole.text(), String(size));
    const chunked = await fetch(`${server.url}/count`, {
      method: "POST",
      body: new Blob([body]).stream(),
    });
    assertEquals(await chunked.text(), String(size));
  }
  assertEquals(events(server), []);
  assertEquals((await server.ask(get("/excess"))).content.length, 4);
  assertEquals(events(server), ["response-failed"]);
  assertEquals((await server.ask(get("/bad_head"))).status, 500);
  const { error } = server.log.find(({ event }) => event === "handler-failed")!;
  assertMatch(String((error as Error).stack), /^Traceback[^]*\nValueError: [^]*$/);
  assertEquals(String((error as Error).stack).includes("KeyError"), false);
  assertEquals(events(server), ["handler-failed"]);
});

Deno.test("processes: a response leaves as soon as its declared length is there", {
  ignore,
}, async () => {
  await using server = await site();
  for (
    const [query, logged] of [["", []], ["more", ["response-failed"]], ["fail", [
      "response-failed",
    ]]]
  ) {
    const before = performance.now();
    const response = await server.ask(get(`/declared?${query}`));
    assert(performance.now() - before < 250);
    assertEquals([response.status, textOf(response), response.framing], [200, "all", "length"]);
    await ask(server, "pid"); // it comes behind what the application does after that
    assertEquals(events(server), logged);
  }
  const head = await server.ask("HEAD /declared HTTP/1.1|Host: a||");
  assertEquals([head.status, head.content.length], [200, 0]);
});

Deno.test("processes: a client that stops sending gets 408 also where the process waits for it", {
  ignore,
}, async () => {
  const options = { maxSpooledContent: 0, handlerTimeout: 600, contentTimeout: 900 };
  await using server = await site({ minWorkers: 1, ...options });
  const client = await server.connect();
  await client.send(octets("POST /count HTTP/1.1|Host: a|Content-Length: 70000||abc"));
  assertEquals((await client.read()).status, 408);
  assertMatch(await ask(server, "pid"), /^\d+$/);
});

Deno.test("processes: requests pipelined behind one that ends its process go to another", {
  ignore,
}, async () => {
  await using server = await site({ minWorkers: 2 });
  const client = await server.connect();
  for (let round = 0; round < 3; round++) {
    await client.send(octets([get("/end"), get("/pid"), get("/pid")].join("")));
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await client.read()).status);
    assertEquals(statuses, [500, 200, 200]);
  }
  assertEquals(events(server).filter((event) => event !== "worker-process"), [
    "worker-ended",
    "worker-ended",
    "worker-ended",
  ]);
});

Deno.test("processes: the end of a process costs its own request only", { ignore }, async (t) => {
  await using server = await site({ minWorkers: 2, maxWorkerHeap: 256 * MEBIBYTE });
  for (
    const [path, ends, detail] of [
      ["end", true, /exit code 3/],
      ["segfault", true, /by SIGSEGV/],
      ["leave", false, /SystemExit: not here/],
      ["recurse", false, /RecursionError/],
      ["exhaust", false, /MemoryError/],
      ["exhaust_shared", true, /the process took \d+ MiB more than at its start/],
    ] as const
  ) {
    await t.step(path, async () => {
      const clients = [];
      for (let i = 0; i < 8; i++) clients.push(new RawClient(await server.dial(), 20_000));
      const paths = [path, ...Array<string>(7).fill("pid")];
      await Promise.all(clients.map((client, i) => client.send(octets(get(`/${paths[i]}`)))));
      const responses = await Promise.all(clients.map((client) => client.read()));
      assertEquals(responses.map(({ status }) => status), [500, ...Array<number>(7).fill(200)]);
      await clients[0].send(octets(get("/pid"))); // the connection can be used further
      assertEquals((await clients[0].read()).status, 200);
      for (const client of clients) client[Symbol.dispose]();
      const logged = server.log.splice(0).filter(({ event }) => event !== "printed");
      assertEquals(logged.map(({ event }) => event), [ends ? "worker-ended" : "handler-failed"]);
      assertMatch(ends ? logged[0].message : (logged[0].error as Error).stack!, detail);
    });
  }
});

Deno.test(
  "processes: a deadline ends a process, also one that is stopped",
  { ignore },
  async () => {
    await using server = await site({ handlerTimeout: 300, queueTimeout: 20_000 });
    for (const path of ["loop", "compute", "freeze"]) {
      const pid = await ask(server, "pid");
      server.log.length = 0;
      using client = await server.connect();
      await client.send(octets(get(`/${path}`)));
      assertEquals((await client.read()).status, 504, path);
      await client.send(octets(get("/pid")));
      assertNotEquals(textOf(await client.read()), pid);
      await until(() => !exists(pid));
      assertEquals(events(server), ["handler-timeout"]);
    }
  },
);

Deno.test("processes: workerTimeout ends a process that does not respond", { ignore }, async () => {
  await using server = await site({ workerTimeout: 500, queueTimeout: 20_000 });
  assertEquals((await server.ask(get("/freeze"))).status, 504);
  assertMatch(
    server.log.find(({ event }) => event === "worker-timeout")?.message ?? "",
    /^Worker \d has not finished its request for \d+ ms, with GET \/freeze/,
  );
  assertEquals(events(server), ["worker-timeout"]);
  assertEquals(await ask(server, "threads"), "[false, true]");
});

Deno.test(
  "processes: a slow request delays no other while a process is free",
  { ignore },
  async () => {
    await using server = await site({ minWorkers: 2 });
    for (let i = 0; i < 60; i++) await ask(server, "pid"); // quick enough to get requests ahead
    const slow = ask(server, "doze?1.5");
    const before = performance.now();
    await Promise.all(Array.from({ length: 60 }, () => ask(server, "pid")));
    assert(performance.now() - before < 1_200);
    await slow;
  },
);

for (const path of ["doze?1", "compute", "end"]) {
  Deno.test(
    `processes: requests around /${path}, sent in advance, are not concerned`,
    { ignore },
    async () => {
      await using server = await site({ minWorkers: 2 });
      for (let round = 0; round < 5; round++) {
        await Promise.all(Array.from({ length: 40 }, () => ask(server, "pid")));
        const clients = [];
        for (let i = 0; i < 24; i++) clients.push(new RawClient(await server.dial(), 20_000));
        const before = performance.now();
        const paths = clients.map((_, i) => i === 5 + round ? path : "pid");
        await Promise.all(clients.map((client, i) => client.send(octets(get(`/${paths[i]}`)))));
        const responses = await Promise.all(clients.map(async (client) => {
          const { status } = await client.read();
          return status === 200 && performance.now() - before < 700;
        }));
        assertEquals(responses, paths.map((path) => path === "pid"));
        for (const client of clients) client[Symbol.dispose]();
        await until(() => server.server.stats.pool!.ready === 2);
      }
    },
  );
}

Deno.test("processes: threads of a process do not delay each other", { ignore }, async () => {
  await using server = await site({ exchangesPerWorker: 4, workerTimeout: 1_000 });
  assertEquals(await ask(server, "threads"), "[true, true]");
  const before = performance.now();
  const dozing = Array.from({ length: 4 }, () => ask(server, "doze?0.5"));
  assertEquals(await Promise.all(dozing), ["False", "False", "False", "False"]);
  assert(performance.now() - before < 1_500);
  await Promise.all(Array.from({ length: 200 }, () => ask(server, "pid")));
  const response = await fetch(`${server.url}/stream?${8 * MEBIBYTE}`);
  const counted = await fetch(`${server.url}/count`, {
    method: "POST",
    body: new Blob([new Uint8Array(MEBIBYTE)]).stream(),
  });
  assertEquals(await counted.text(), String(MEBIBYTE));
  assertEquals((await response.bytes()).length, 8 * MEBIBYTE);
  assertEquals(events(server), []);
  const stuck = server.ask(get("/doze?20"));
  while ((await Promise.race([stuck, ask(server, "doze?0.05")])) === "False");
  assertEquals((await stuck).status, 504);
  assertEquals(events(server), ["worker-timeout"]);
});

Deno.test(
  "processes: reload and recycling lose no request, and no process is left",
  { ignore },
  async () => {
    const pids = new Set<string>();
    {
      await using server = await site({ minWorkers: 2, maxExchangesPerWorker: 50 });
      let over = false;
      const asking = Array.from({ length: 4 }, async () => {
        while (!over) pids.add(await ask(server, "pid"));
      });
      for (let i = 0; i < 3; i++) await server.server.reload();
      await until(() => pids.size >= 10, 30_000);
      over = true;
      await Promise.all(asking);
      const failures = server.log.filter(({ level }) => level !== "info");
      assertEquals(failures, []);
    }
    await until(() => [...pids].every((pid) => !exists(pid)));
  },
);
