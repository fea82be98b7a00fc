// Starts a PostgreSQL server for a test: in a folder that ends with it, on a UNIX socket there, as a user
// without privileges.

import { until } from "../support/latch.ts";

/** Where Debian has the programs of a version; they are not on the search path. */
const VERSIONS = "/usr/lib/postgresql";

/** Folder of the server's programs, undefined where it is not installed. */
export const POSTGRES: string | undefined = findPrograms();

function findPrograms(): string | undefined {
  try {
    const versions = [...Deno.readDirSync(VERSIONS)].map(({ name }) => Number(name));
    const folder = `${VERSIONS}/${Math.max(...versions)}/bin`;
    return Deno.statSync(`${folder}/initdb`).isFile ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** A running database server, with the superuser `site`. */
export class Postgres implements AsyncDisposable {
  /** Folder of its socket. */
  readonly folder: string;
  readonly #child: Deno.ChildProcess;

  private constructor(folder: string, child: Deno.ChildProcess) {
    this.folder = folder;
    this.#child = child;
  }

  /** Makes a database and starts its server.
   *
   * @param schema statements that are run in it first */
  static async start(schema: string): Promise<Postgres> {
    const folder = await Deno.makeTempDir({ prefix: "postgres-" });
    const user = userWithoutPrivileges();
    if (user.uid !== undefined) await Deno.chown(folder, user.uid, user.gid!);
    const usual = { cwd: folder, ...user, stdin: "null", stderr: "null", stdout: "null" } as const;
    const data = `${folder}/data`;
    const initdb = ["-D", data, "-U", "site", "-A", "trust", "--no-sync", "--no-instructions"];
    await Deno.writeTextFile(`${folder}/schema.sql`, schema);
    await new Deno.Command(`${POSTGRES}/initdb`, { ...usual, args: initdb }).output();
    const settings = ["listen_addresses=", `unix_socket_directories=${folder}`, "fsync=off"];
    const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    const child = new Deno.Command(`${POSTGRES}/postgres`, { ...usual, args }).spawn();
    const postgres = new Postgres(folder, child);
    const client = ["-h", folder, "-U", "site", "-q", "-f", `${folder}/schema.sql`, "postgres"];
    await until(() =>
      new Deno.Command(`${POSTGRES}/psql`, { ...usual, args: client }).outputSync().success
    );
    return postgres;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGQUIT"); // ends without a checkpoint
    await this.#child.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The server refuses to run as root. */
function userWithoutPrivileges(): { uid?: number; gid?: number } {
  if (Deno.uid() !== 0) return {};
  const accounts = Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":"));
  const account = accounts.find(([name]) => name === "postgres") ??
    accounts.find(([name]) => name === "nobody");
  return { uid: Number(account![2]), gid: Number(account![3]) };
}
