// Checks the options about the admin listener. It is given values that have passed their own checks, and
// opens nothing.

import { resolve } from "node:path";
import { type BindAddress, isLoopback, parseBindAddress } from "../net/bind_address.ts";
import type { ServerOptions } from "./server_options.ts";

/** The options about the admin listener that are in force. */
export interface ResolvedAdmin {
  /** See {@linkcode ServerOptions.admin}. */
  readonly admin: BindAddress | undefined;
  /** See {@linkcode ServerOptions.adminTokenFile}; absolute. */
  readonly adminTokenFile: string | undefined;
}

/** Checks the options about the admin listener.
 *
 * @param given the options that were given
 * @returns the options in force
 * @throws {TypeError} when one would have no effect, or others could reach the listener without a token */
export function resolveAdmin(
  { admin: text, adminTokenFile }: Pick<ServerOptions, "admin" | "adminTokenFile">,
): ResolvedAdmin {
  if (text === undefined && adminTokenFile !== undefined) {
    throw new TypeError(
      "Cannot use adminTokenFile without admin: expected the address of the admin listener",
    );
  }
  const admin = text === undefined ? undefined : parseBindAddress(text);
  // Whether others reach an inherited socket is known once it is open.
  if (admin?.transport === "tcp" && !isLoopback(admin.hostname) && adminTokenFile === undefined) {
    throw missingToken(text!);
  }
  return {
    admin,
    adminTokenFile: adminTokenFile === undefined ? undefined : resolve(adminTokenFile),
  };
}

/** The error for an admin listener that others reach without a token.
 *
 * @param address its address */
export function missingToken(address: string): TypeError {
  return new TypeError(
    `Cannot use admin ${
      JSON.stringify(address)
    } without adminTokenFile: others could reach it, expected an ` +
      "address of this machine such as 127.0.0.1:9070, or unix:PATH, or a token",
  );
}
