// Servers with an admin listener, and requests to it.

import { assertEquals } from "@std/assert";
import type { ServerOptions } from "../../mod.ts";
import type { RunningRequest } from "../../src/exchange/running_request.ts";
import { type ParsedMetric, parseExposition } from "../support/exposition_parser.ts";
import { contentText, RawClient, type RawResponse } from "../support/raw_client.ts";
import type { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";

/** An admin listener on a free port. */
export const ADMIN: ServerOptions = { admin: "127.0.0.1:0" };

/** Sends one request to a site's admin listener.
 *
 * @param site the site
 * @param request such as `GET /livez`
 * @param lines more field lines, "|" is CRLF
 * @returns the response */
export async function askAdmin(
  site: Pick<Site, "server">,
  request: string,
  lines = "Host: localhost|",
): Promise<RawResponse> {
  const { hostname, port } = site.server.adminAddr as Deno.NetAddr;
  using conn = await Deno.connect({ hostname, port });
  const client = new RawClient(conn);
  await client.send(octets(`${request} HTTP/1.1|${lines}Connection: close||`));
  return await client.read(request.split(" ")[0]);
}

/** Sends one request, and requires a status.
 *
 * @returns the content as text */
export async function adminText(
  site: Pick<Site, "server">,
  request: string,
  status = 200,
): Promise<string> {
  const response = await askAdmin(site, request);
  const text = contentText(response);
  assertEquals(response.status, status, text);
  return text;
}

/** The requests under way. */
export async function requestsOf(site: Pick<Site, "server">): Promise<RunningRequest[]> {
  return JSON.parse(await adminText(site, "GET /requests")).requests;
}

/** The metrics. */
export async function metricsOf(
  site: Pick<Site, "server">,
): Promise<ReadonlyMap<string, ParsedMetric>> {
  return parseExposition(await adminText(site, "GET /metrics"));
}

/** The value of one sample. */
export function valueOf(
  metrics: ReadonlyMap<string, ParsedMetric>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const metric = [...metrics.values()].find(({ samples }) => samples.some((s) => s.name === name));
  return metric?.samples.find((sample) =>
    sample.name === name &&
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
  )?.value;
}

/** Waits until a condition holds that has to be asked for. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
