// The dispatcher passes every path to the same application as Cheroot's own, and splits it at the same place.
// The test runs Debian's python3-cheroot; without it the test is skipped.

import { assertEquals } from "@std/assert";
import { PrefixTable, readPrefix } from "../../src/gateway/path/prefix_table.ts";
import { PATH_ROWS } from "../gateway/path/path_rows.ts";

/** Debian's own interpreter: others do not see its packages. */
const PYTHON = "/usr/bin/python3";

/** Decodes paths as Cheroot's server does, and has its dispatcher choose. */
const CHEROOT = `
import json, sys
from urllib.parse import unquote_to_bytes
from cheroot.server import QUOTED_SLASH_REGEX
from cheroot.wsgi import PathInfoDispatcher

def place(prefixes, path):
    decoded = b"%2F".join(unquote_to_bytes(atom) for atom in QUOTED_SLASH_REGEX.split(path.encode()))
    seen = []
    def app(environ, start_response):
        seen.append([environ["SCRIPT_NAME"], environ["PATH_INFO"]])
        return []
    octets = [prefix.encode().decode("latin-1") for prefix in prefixes]
    dispatcher = PathInfoDispatcher([(prefix, app) for prefix in octets])
    dispatcher({"PATH_INFO": decoded.decode("latin-1")}, lambda status, headers: None)
    return seen[0] if seen else None

print(json.dumps([place(*row) for row in json.load(sys.stdin)]))
`;

function hasCheroot(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["-c", "import cheroot.wsgi"], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

const missing = !hasCheroot();
const needs = missing ? " (python3-cheroot is missing)" : "";

Deno.test(
  `each path goes to the same application as in Cheroot${needs}`,
  { ignore: missing },
  async () => {
    const python = new Deno.Command(PYTHON, {
      args: ["-c", CHEROOT],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const input = JSON.stringify(PATH_ROWS.map(({ prefixes, path }) => [prefixes, path]));
    await new Response(input).body!.pipeTo(python.stdin);
    const { stdout } = await python.output();
    const cheroots: ([string, string] | null)[] = JSON.parse(new TextDecoder().decode(stdout));
    const ours = PATH_ROWS.map(({ prefixes, path }) => {
      const table = new PrefixTable(
        prefixes.map((prefix) => [readPrefix(prefix), prefix] as const),
      );
      const place = table.find({ form: "origin", raw: path, path, query: "" }, 0);
      return place === undefined
        ? null
        : [path.slice(0, place.length), path.slice(place.length)].map(decoded);
    });
    assertEquals(ours, cheroots);
  },
);

/** As CGI has a path, with encoded slashes left as Cheroot leaves them. */
function decoded(path: string): string {
  return path.split(/%2F/i).map((part) =>
    part.replace(/%([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  ).join("%2F");
}
