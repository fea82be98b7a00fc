// The words of a command that runs in the project of an application, and the search for that project.

import { assertEquals } from "@std/assert";
import { findApplicationProject, projectOf } from "../../../src/cli/project/application_project.ts";
import {
  installerFile,
  parseDenoCommand,
  projectCommand,
  quoteForShell,
  userChoice,
  withoutConfig,
} from "../../../src/cli/project/project_command.ts";
import { inFolder } from "../../net/unix_client.ts";

const ENTRY = "file:///opt/a,b/entry.ts";
const PRELOAD = "--preload=file:///opt/a%2Cb/entry.ts";

const commands: [words: string, args: string, becomes: string | undefined][] = [
  ["deno run -A mod.ts app.ts", "app.ts", `deno run -A ${PRELOAD} /srv/app.ts app.ts`],
  ["deno -A mod.ts app.ts -- -A", "app.ts -- -A", `deno -A ${PRELOAD} /srv/app.ts app.ts -- -A`],
  [`deno run ${PRELOAD} /a.ts a.ts`, "a.ts", `deno run ${PRELOAD} /srv/app.ts a.ts`],
  [
    "deno run --cert ca.pem mod.ts a.ts",
    "a.ts",
    `deno run --cert ca.pem ${PRELOAD} /srv/app.ts a.ts`,
  ],
  ["deno run mod.ts app.ts", "other.ts", undefined],
  ["app.ts", "app.ts", undefined],
];
for (const [words, args, becomes] of commands) {
  Deno.test(`${words} with the arguments ${args} becomes ${becomes}`, () => {
    const command = parseDenoCommand(words.split(" "), args.split(" "));
    const result = command && projectCommand(command, ENTRY, "/srv/app.ts").join(" ");
    assertEquals(result, becomes);
  });
}

const choices: [flags: string, flag: string | undefined, choosesProject?: boolean][] = [
  ["deno run -A --no-lock --node-modules-dir=none --allow-read=/c", undefined],
  ["deno run -A -R=/c", undefined],
  [`deno run -A ${PRELOAD}`, undefined],
  ["deno run --config a.json", "--config", true],
  ["deno run --config=a.json", "--config", true],
  ["deno run -c a.json", "-c", true],
  ["deno run -Ac a.json", "-c", true],
  ["deno run --no-config", "--no-config", true],
  ["deno run --import-map=a.json", "--import-map", true],
  ["deno run --preload=a.ts", "--preload", false],
  ["deno run --import a.ts", "--import", false],
  ["deno run --require=a.cjs", "--require", false],
];
for (const [words, flag, choosesProject] of choices) {
  Deno.test(`${words} leaves ${flag ?? "nothing"} to the user`, () => {
    const choice = userChoice({ flags: words.split(" "), args: [] }, ENTRY);
    assertEquals(choice, flag === undefined ? undefined : { flag, choosesProject });
  });
}

Deno.test("the file of deno install is no choice of the user", () => {
  const flags = "deno run -A --config /home/a/bin/.robusto/deno.json".split(" ");
  const command = { flags, args: [] };
  const file = installerFile(command)!;
  assertEquals(file.installed, "/home/a/bin/robusto");
  assertEquals(withoutConfig(command, file.config).flags, ["deno", "run", "-A"]);
  for (const words of ["deno run --config /srv/deno.json", "deno run -A", "deno --config"]) {
    assertEquals(installerFile({ flags: words.split(" "), args: [] }), undefined, words);
  }
});

Deno.test("a shell reads the words that were quoted", async () => {
  const words = ["a b", "it's", "", "$HOME", "--x=/y,z:1", "`id`", 'q"'];
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `printf '%s\\n' ${quoteForShell(words)}`],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), words.map((word) => word + "\n").join(""));
});

/** Runs with a folder that holds files. */
function withFiles(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => void,
): Promise<void> {
  return inFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    use(folder);
  });
}

for (const name of ["deno.json", "deno.jsonc", "package.json"]) {
  Deno.test(`the nearest ${name} is the project, also with :NAME and as a URL`, () =>
    withFiles(
      { [`a/${name}`]: "{}", "package.json": "{}", "a/b/app.ts": "" },
      (folder) => {
        const one = {
          kind: "one" as const,
          file: `${folder}/a/${name}`,
          app: `${folder}/a/b/app.ts`,
          besidePython: false,
        };
        for (const app of [one.app, `${one.app}:name`, `file://${one.app}`]) {
          assertEquals(findApplicationProject([app]), one);
        }
        assertEquals(projectOf(`file://${one.app}`), one.file);
      },
    ));
}

Deno.test("deno.json comes before package.json in a folder", () =>
  withFiles({ "deno.json": "{}", "package.json": "{}", "app.ts": "" }, (folder) => {
    assertEquals(projectOf(`file://${folder}/app.ts`), `${folder}/deno.json`);
  }));

Deno.test("remote, missing and Python applications have no project", () =>
  withFiles({ "deno.json": "{}", "app.py": "" }, (folder) => {
    const apps = [
      "https://example.org/app.ts",
      `${folder}/none.ts`,
      folder,
      `${folder}/app.py:app`,
    ];
    for (const app of apps) assertEquals(findApplicationProject([app]), { kind: "none" });
    assertEquals(projectOf("https://example.org/app.ts"), undefined);
  }));

Deno.test("several applications are of one project, or of a workspace, or exclude each other", () =>
  withFiles(
    {
      "one/deno.json": "{}",
      "one/app.ts": "",
      "one/deep/app.ts": "",
      "one/app.py": "",
      "two/package.json": "{}",
      "two/app.ts": "",
      "space/deno.jsonc": '{ "workspace": ["./x", "./y"] } // members',
      "space/x/deno.json": "{}",
      "space/x/app.ts": "",
      "space/y/package.json": "{}",
      "space/y/app.ts": "",
      "free/app.ts": "",
    },
    (folder) => {
      const find = (...apps: string[]) =>
        findApplicationProject(apps.map((app) => `${folder}/${app}`));
      const one = (file: string, app: string, besidePython = false) => ({
        kind: "one" as const,
        file: `${folder}/${file}`,
        app: `${folder}/${app}`,
        besidePython,
      });
      assertEquals(find("one/app.ts", "one/deep/app.ts"), one("one/deno.json", "one/app.ts"));
      assertEquals(find("free/app.ts", "one/app.ts"), one("one/deno.json", "one/app.ts"));
      assertEquals(find("one/app.py", "one/app.ts"), one("one/deno.json", "one/app.ts", true));
      assertEquals(
        find("space/x/app.ts", "space/y/app.ts"),
        one("space/x/deno.json", "space/x/app.ts"),
      );
      assertEquals(find("one/app.ts", "two/app.ts"), {
        kind: "several",
        files: [`${folder}/one/deno.json`, `${folder}/two/package.json`],
      });
    },
  ));
