// Static files by serve-static: the same responses as from node:http, in mode inline and in mode pool, for a
// small file, a folder, and a sparse file of 300 MB.

import { assertEquals } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ModuleApp } from "../../mod.ts";
import { Site } from "../support/site.ts";

const MODULE = new URL("./static_files_app.ts", import.meta.url);
const HUGE = 300_000_000;

const requests: [name: string, path: string, init?: RequestInit][] = [
  ["a file", "/small.txt"],
  ["HEAD", "/small.txt", { method: "HEAD" }],
  ["a range", "/small.txt", { headers: { Range: "bytes=2-5" } }],
  ["a range of the end", "/small.txt", { headers: { Range: "bytes=-3" } }],
  ["a range behind the end", "/small.txt", { headers: { Range: "bytes=999-" } }],
  ["If-Modified-Since", "/small.txt", {
    headers: { "If-Modified-Since": "Sat, 01 Jan 2124 00:00:00 GMT" },
  }],
  ["a folder", "/"],
  ["a missing file", "/nowhere"],
  ["a path out of the folder", "/%2e%2e/%2e%2e/etc/passwd"],
  ["POST", "/small.txt", { method: "POST", body: "a" }],
  ["HEAD of 300 MB", "/huge.bin", { method: "HEAD" }],
  ["the end of 300 MB", "/huge.bin", { headers: { Range: `bytes=${HUGE - 4}-` } }],
];

Deno.test("serve-static gives the same responses as under node:http, in modes inline and pool", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/small.txt`, "0123456789");
  using huge = await Deno.create(`${folder}/huge.bin`);
  await huge.truncate(HUGE);
  await huge.seek(-4, Deno.SeekMode.End);
  await huge.write(new TextEncoder().encode("last"));
  Deno.env.set("STATIC_FILES", folder);
  try {
    const { default: app } = await import(MODULE.href);
    const platform = createServer(app);
    await new Promise<void>((resolve) => platform.listen(0, "127.0.0.1", resolve));
    await using inline = new Site(app);
    await using pool = new Site(new ModuleApp(MODULE), { mode: "pool", minWorkers: 1 });
    const expected = await responses(
      `http://127.0.0.1:${(platform.address() as AddressInfo).port}`,
    );
    assertEquals(expected.at(-1)![3], "last");
    assertEquals(expected.at(-2)![2]["content-length"], `${HUGE}`);
    await new Promise((resolve) => platform.close(resolve));
    assertEquals(await responses(inline.url), expected);
    assertEquals(await responses(pool.url), expected);
  } finally {
    Deno.env.delete("STATIC_FILES");
    await Deno.remove(folder, { recursive: true });
  }
});

type Shown = [name: string, status: number, fields: Record<string, string>, content: string];

async function responses(url: string): Promise<Shown[]> {
  const shown: Shown[] = [];
  let etag = "";
  for (const [name, path, init] of requests) {
    const response = await fetch(url + path, init);
    shown.push(await show(name, response));
    etag ||= response.headers.get("ETag") ?? "";
  }
  const headers = { "If-None-Match": etag };
  shown.unshift(await show("304", await fetch(`${url}/small.txt`, { headers })));
  assertEquals(shown[0][1], 304);
  return shown;
}

async function show(name: string, response: Response): Promise<Shown> {
  const fields = Object.fromEntries(response.headers);
  for (const each of ["date", "connection", "keep-alive", "server"]) delete fields[each]; // written by the server
  return [name, response.status, fields, await response.text()];
}
