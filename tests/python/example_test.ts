// examples/my_crazy_app.py is the example of Cheroot's documentation, octet for octet, and the command of
// docs/python.md serves it.

import { assertEquals } from "@std/assert";
import { Program, ROOT } from "../support/program.ts";
import { PYTHON_KINDS } from "./python_site.ts";

/** As Cheroot's documentation has it. */
const MY_CRAZY_APP = `\
def my_crazy_app(environ, start_response):
    status = '200 OK'
    response_headers = [('Content-type','text/plain')]
    start_response(status, response_headers)
    return [b'Hello world!']
`;

for (const { name, python, ignore } of PYTHON_KINDS) {
  Deno.test(
    `${name}: examples/my_crazy_app.py is unchanged and is served`,
    { ignore },
    () => serveExample(python),
  );
}

async function serveExample(python: string): Promise<void> {
  const path = "examples/my_crazy_app.py";
  assertEquals(await Deno.readTextFile(new URL(path, ROOT)), MY_CRAZY_APP);
  const app = [`${path}:my_crazy_app`, "--workers", "1", "--python", python];
  const words = ["run", "-A", "--no-lock", "mod.ts", ...app];
  await using program = await Program.start([...words, "--bind", "127.0.0.1:0"]);
  const response = await fetch(await program.url);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/plain");
  assertEquals(response.headers.get("content-length"), "12");
  assertEquals(await response.text(), "Hello world!");
  assertEquals(await program.stop("SIGTERM"), 0, program.output);
}
