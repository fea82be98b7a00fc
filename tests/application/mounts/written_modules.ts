// Modules that a test writes and changes.

/** A folder of modules, and what they have noted. */
export class WrittenModules implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync();

  url(name: string): URL {
    return new URL(`file://${this.folder}/${name}.ts`);
  }

  write(name: string, source: string): void {
    Deno.writeTextFileSync(`${this.folder}/next`, source);
    Deno.renameSync(`${this.folder}/next`, `${this.folder}/${name}.ts`);
  }

  writeVersion(name: string, version: string): void {
    this.write(
      name,
      `export default async () => { await null; return new Response("${version}"); };`,
    );
  }

  /** A module whose hooks note that they are called. */
  writeHooks(name: string, fails?: "onWorkerStart" | "onWorkerStop"): void {
    this.write(
      name,
      `
      const note = (text) =>
        Deno.writeTextFileSync(new URL("notes", import.meta.url), text + "\\n", { append: true });
      export function onWorkerStart() { note("start ${name}"); ${
        throwing(fails === "onWorkerStart")
      } }
      export function onWorkerStop() { note("stop ${name}"); ${throwing(fails === "onWorkerStop")} }
      export default () => new Response("${name}");
      export const other = () => new Response("other ${name}");`,
    );
  }

  get notes(): string[] {
    return Deno.readTextFileSync(`${this.folder}/notes`).trimEnd().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

const throwing = (fails: boolean) => fails ? 'throw new Error("own error");' : "";
