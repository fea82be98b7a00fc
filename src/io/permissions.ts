// Checks permissions before the server opens anything. Deno itself checks at the moment of use: it then
// prompts the user at a terminal, and throws elsewhere. A server must not wait for a person.

const NAMES = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;

/** Requires a permission.
 *
 * @param descriptor the permission
 * @param flag the flag of `deno run` that grants it
 * @param use the option that needs it, such as `socketMode` or `bind "127.0.0.1:8070"`
 * @throws {Deno.errors.NotCapable} with the flag's name, when it is not granted */
export function requirePermission(
  descriptor: Deno.PermissionDescriptor,
  flag: string,
  use: string,
): void {
  if (isPermitted(descriptor)) return;
  throw new Deno.errors.NotCapable(`Cannot use ${use}: it needs the permission ${flag}`);
}

/** Whether a permission is granted, without a prompt.
 *
 * @param descriptor the permission
 * @returns true when it is granted; false when Deno would prompt for it */
export function isPermitted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** Whether everything is granted, as by `--allow-all`: Deno opens most files of /proc only then, and would
 * ask at a terminal. */
export function hasAllPermissions(): boolean {
  return NAMES.every((name) => {
    const { state, partial } = Deno.permissions.querySync({ name });
    return state === "granted" && !partial;
  });
}

/** Whether the program is an executable that contains its modules (`deno compile`). */
export function isStandalone(): boolean {
  return Deno.build.standalone;
}
