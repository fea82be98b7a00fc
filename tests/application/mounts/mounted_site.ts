// Sites and requests that the tests of several applications in one server share.

import { ModuleApp } from "../../../src/application/application.ts";
import { contentText } from "../../support/raw_client.ts";
import type { Site } from "../../support/site.ts";

/** URL of a fixture. */
export const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

/** An export of a fixture. */
export const named = (name: string, export_: string): ModuleApp =>
  new ModuleApp(fixture(name), export_);

/** What `tell.ts` tells. */
export interface SentMessage {
  readonly app: string;
  readonly thread: "worker" | "main";
  readonly mountPath: string;
  readonly path: string;
  readonly worker: number | undefined;
}

/** The request for a target. */
export const get = (target: string): string => `GET ${target} HTTP/1.1|Host: a||`;

/** Requests one of the applications in fixtures/tell.ts. */
export async function told(site: Site, target: string): Promise<SentMessage> {
  return JSON.parse(await text(site, target));
}

/** Asks for text, or a status where it is not 200. */
export async function text(site: Site, target: string): Promise<string> {
  const response = await site.ask(get(target));
  return response.status === 200 ? contentText(response) : String(response.status);
}
