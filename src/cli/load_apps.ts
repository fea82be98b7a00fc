// Finds each application, or loads it if it runs in this thread, and joins several of them in a
// dispatcher.

import type { Application } from "../application/application.ts";
import type { LoadedApp } from "../application/application_export.ts";
import type { GatewayChoice } from "../application/classify_application.ts";
import { type MountableApp, PathDispatcher } from "../application/path_dispatcher.ts";
import { tryUpgradeWebSocket } from "../gateway/fetch/upgrade_web_socket.ts";
import { replaceUpgradeWebSocket } from "../threads/deno_upgrade.ts";
import type { Mode } from "../options/modes.ts";
import type { MountText } from "./settings/mounts.ts";
import type { CliEnvironment } from "./environment.ts";

/** The applications of a server. */
export interface ServedApps {
  readonly app: Application;
  /** Calls `onListen` of each loaded application that has one. */
  onListen(addr: Deno.NetAddr): void;
}

/** Finds the applications, or loads them if they run in this thread.
 *
 * @param mounts the applications as written, at least one
 * @param options where they run, and how a bare function is called
 * @param environment finds and loads applications
 * @returns one application, or a dispatcher with several
 * @throws {ExitError} when one cannot be found or loaded */
export async function loadApps(
  mounts: readonly MountText[],
  { mode, gateway }: { readonly mode: Mode; readonly gateway: GatewayChoice },
  environment: Pick<CliEnvironment, "loadApp" | "locateApp">,
): Promise<ServedApps> {
  if (mode === "inline") replaceUpgradeWebSocket(tryUpgradeWebSocket);
  const apps: (readonly [prefix: string, app: MountableApp])[] = [];
  const listeners: LoadedApp["onListen"][] = [];
  for (const { prefix, app: text, pool } of mounts) {
    if (mode === "inline") { // pools were refused before
      const { app, onListen } = await environment.loadApp(text, gateway);
      listeners.push(onListen);
      apps.push([prefix, app]);
    } else {
      const app = await environment.locateApp(text);
      apps.push([prefix, pool === undefined ? app : { app, pool }]);
    }
  }
  const [{ prefix, pool }] = mounts;
  const single = mounts.length === 1 && prefix === "" && pool === undefined;
  return {
    app: single ? apps[0][1] as Application : new PathDispatcher(apps),
    onListen(addr) {
      for (const listener of listeners) listener?.(addr);
    },
  };
}
