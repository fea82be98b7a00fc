// Starts a program with mounts that only it sees, such as a small disk or an empty /proc. That needs a user that may
// mount, as root may in most containers.

/** What is mounted for a program, as commands of a shell. */
export function withMounts(commands: string): readonly string[] {
  return ["unshare", "--mount", "sh", "-c", `${commands} && exec "$@"`, "sh"];
}

/** Why a test with mounts cannot run, if it cannot. */
export const noMounts: string | undefined = canMount() ? undefined : "mounts are not permitted";

function canMount(): boolean {
  try {
    const [command, ...args] = [...withMounts("mount -t tmpfs none /mnt"), "true"];
    return new Deno.Command(command, { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
