// May this program do what it is asked to? Deno asks the user at a terminal, and throws elsewhere, at
// the moment of use. A server wants to know before it opens anything, and never waits for a person.

/** Requires a permission.
 *
 * @param descriptor the permission
 * @param flag the flag of `deno run` that grants it
 * @param use what it is for, such as `socketMode` or `bind "127.0.0.1:8070"`
 * @throws {Deno.errors.NotCapable} with the flag's name, when it is not granted */
export function requirePermission(
  descriptor: Deno.PermissionDescriptor,
  flag: string,
  use: string,
): void {
  if (isPermitted(descriptor)) return;
  throw new Deno.errors.NotCapable(`Cannot use ${use}: it needs the permission ${flag}`);
}

/** Whether a permission is granted, without asking anybody.
 *
 * @param descriptor the permission
 * @returns whether it is; what would have to be asked for is not */
export function isPermitted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** Whether the program is an executable that holds its own modules (`deno compile`). */
export function isStandalone(): boolean {
  return Deno.build.standalone;
}
