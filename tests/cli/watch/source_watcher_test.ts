// Files of an application that change in a real folder, as editors and version control change them.

import { assertEquals } from "@std/assert";
import { SourceFiles } from "../../../src/cli/watch/source_files.ts";
import { SourceWatcher } from "../../../src/cli/watch/source_watcher.ts";
import { inFolder } from "../../net/unix_client.ts";

/** Watches files, and hands over each group of changes. */
class Changes implements Disposable {
  readonly #watcher: SourceWatcher;
  readonly #groups: (readonly string[])[] = [];
  #arrived = Promise.withResolvers<void>();

  constructor(readonly folder: string, modules: string[], project?: string) {
    const path = (name: string) => `${folder}/${name}`;
    const roots = {
      modules: modules.map(path),
      pythonFolders: modules.length === 0 ? [folder] : [],
      project: project === undefined ? undefined : path(project),
    };
    const files = new SourceFiles(roots);
    this.#watcher = new SourceWatcher(files, files.look(), (changed) => {
      this.#groups.push(changed);
      this.#arrived.resolve();
    });
  }

  /** The files of the next group, without the folder. */
  async next(): Promise<string[]> {
    while (this.#groups.length === 0) {
      await this.#arrived.promise;
      this.#arrived = Promise.withResolvers();
    }
    return this.#groups.shift()!.map((path) => path.replace(this.folder + "/", ""));
  }

  /** Whether nothing has been reported for longer than changes are gathered. */
  async isQuiet(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return this.#groups.length === 0;
  }

  [Symbol.dispose](): void {
    this.#watcher[Symbol.dispose]();
  }
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
}

Deno.test("a change of an imported module is seen, that of another file is not", () =>
  inFolder(async (folder) => {
    write(folder, { "app.ts": 'import "./lib/a.ts"', "lib/a.ts": "1", "lib/b.ts": "1" });
    using changes = new Changes(folder, ["app.ts"]);
    write(folder, { "lib/b.ts": "2", "data.json": "{}", "app.log": "line" });
    assertEquals(await changes.isQuiet(), true);
    write(folder, { "lib/a.ts": "22" });
    assertEquals(await changes.next(), ["lib/a.ts"]);
  }));

Deno.test("a file that an editor replaces by a rename is seen each time", () =>
  inFolder(async (folder) => {
    write(folder, { "app.ts": "1" });
    using changes = new Changes(folder, ["app.ts"]);
    for (const text of ["first", "second", "third"]) {
      write(folder, { ".app.ts.swp": text });
      Deno.renameSync(`${folder}/.app.ts.swp`, `${folder}/app.ts`);
      assertEquals(await changes.next(), ["app.ts"]);
    }
  }));

Deno.test("a module that is missing, then made, is seen, with the imports that it brings", () =>
  inFolder(async (folder) => {
    write(folder, { "app.ts": 'import "./new/a.ts"' });
    using changes = new Changes(folder, ["app.ts"]);
    write(folder, { "new/a.ts": 'import "../deep/er/b.ts"' });
    assertEquals(await changes.next(), ["deep/er/b.ts", "new/a.ts"]);
    write(folder, { "deep/er/b.ts": "1" });
    assertEquals(await changes.next(), ["deep/er/b.ts"]);
    Deno.removeSync(`${folder}/deep/er/b.ts`);
    assertEquals(await changes.next(), ["deep/er/b.ts"]);
  }));

Deno.test("many changes at once are one group", () =>
  inFolder(async (folder) => {
    const names = Array.from({ length: 200 }, (_, index) => `lib/m${index}.ts`);
    const code = names.map((name) => `import "./${name}";`).join("\n");
    write(folder, { "app.ts": code, ...Object.fromEntries(names.map((name) => [name, "1"])) });
    using changes = new Changes(folder, ["app.ts"]);
    write(folder, Object.fromEntries(names.map((name) => [name, "longer"])));
    assertEquals((await changes.next()).length, 200);
    assertEquals(await changes.isQuiet(), true);
  }));

Deno.test("a whole folder that is replaced is seen, and watched further", () =>
  inFolder(async (folder) => {
    write(folder, { "app.ts": 'import "./lib/a.ts"', "lib/a.ts": "1", "next/a.ts": "next" });
    using changes = new Changes(folder, ["app.ts"]);
    Deno.renameSync(`${folder}/lib`, `${folder}/before`);
    Deno.renameSync(`${folder}/next`, `${folder}/lib`);
    assertEquals(await changes.next(), ["lib/a.ts"]);
    write(folder, { "lib/a.ts": "again" });
    assertEquals(await changes.next(), ["lib/a.ts"]);
  }));

Deno.test("imports by the import map and the project itself are seen", () =>
  inFolder(async (folder) => {
    const project = '{ "imports": { "@/": "./src/", }, }';
    write(folder, { "deno.jsonc": project, "app.ts": 'import "@/a.ts"', "src/a.ts": "1" });
    using changes = new Changes(folder, ["app.ts"], "deno.jsonc");
    write(folder, { "src/a.ts": "22" });
    assertEquals(await changes.next(), ["src/a.ts"]);
    write(folder, { "deno.jsonc": "{}" });
    assertEquals((await changes.next())[0], "deno.jsonc");
  }));

Deno.test("Python files are seen in all folders but those of packages", () =>
  inFolder(async (folder) => {
    write(folder, { "app.py": "1", "shop/__init__.py": "", ".venv/lib/a.py": "1" });
    using changes = new Changes(folder, []);
    write(folder, { ".venv/lib/a.py": "22", "__pycache__/a.py": "22", "notes.txt": "a" });
    assertEquals(await changes.isQuiet(), true);
    write(folder, { "shop/views.py": "1" });
    assertEquals(await changes.next(), ["shop/views.py"]);
    write(folder, { "shop/cart/models.py": "1" });
    assertEquals(await changes.next(), ["shop/cart/models.py"]);
  }));
