// What the tests of several applications in one server have in common.

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

/** Asks an application that tells. */
export async function told(site: Site, target: string): Promise<SentMessage> {
  return JSON.parse(await text(site, target));
}

/** Asks for text, or a status where it is not 200. */
export async function text(site: Site, target: string): Promise<string> {
  const answer = await site.ask(get(target));
  return answer.status === 200 ? contentText(answer) : String(answer.status);
}
