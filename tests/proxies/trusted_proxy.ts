// Runs tests against a server with trusted proxies that reports its clients, in mode inline and in mode pool.

import type { ServerOptions } from "../../src/options/server_options.ts";
import { contentText, type RawClient } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import who, { type Report } from "./fixtures/who.ts";

const MODES = ["inline", "pool"] as const;

/** Address from which the tests connect. */
export const HERE = "127.0.0.1";

/** A test of a server in both modes.
 *
 * @param claim name of the test
 * @param options options of the server
 * @param fn the test */
export function withTrustedProxy(
  claim: string,
  options: ServerOptions,
  fn: (site: Site) => Promise<void>,
): void {
  for (const mode of MODES) {
    Deno.test(`${claim}, ${mode}`, async () => {
      await using site = mode === "inline"
        ? new Site(who, options)
        : new Site(new URL("./fixtures/who.ts", import.meta.url), { ...options, minWorkers: 1 });
      await fn(site);
    });
  }
}

/** Reads a response of the fixture. */
export async function readReport(client: RawClient): Promise<Report> {
  return JSON.parse(contentText(await client.read()));
}

/** Address and port of the client in a report. */
export function from({ remoteAddr }: Report): string {
  return "hostname" in remoteAddr ? `${remoteAddr.hostname} ${remoteAddr.port}` : "unix";
}
