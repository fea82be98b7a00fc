// Lets `Deno.upgradeWebSocket` work for requests of this server, in threads that run applications unchanged.
// It is given what upgrades such a request; any other request goes to the platform's own.

type Upgrade = typeof Deno.upgradeWebSocket;

/** Replaces `Deno.upgradeWebSocket` in this thread.
 *
 * @param upgrade upgrades a request of this server; gives undefined for any other */
export function replaceUpgradeWebSocket(
  upgrade: (...args: Parameters<Upgrade>) => ReturnType<Upgrade> | undefined,
): void {
  const platformUpgrade = Deno.upgradeWebSocket;
  Object.defineProperty(Deno, "upgradeWebSocket", {
    configurable: true,
    enumerable: true,
    writable: true,
    value: (...args: Parameters<Upgrade>) => upgrade(...args) ?? platformUpgrade(...args),
  });
}
