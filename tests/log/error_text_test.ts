// Errors as text: stacks, causes, colours, and the frames that are left out.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { errorText, headline, plainStack } from "../../src/log/error_text.ts";
import { describeError } from "../../src/threads/error_codec.ts";

const own = new URL("../../src/gateway/fetch/fetch_gateway.ts", import.meta.url).href;
const app = "    at Object.fetch (file:///srv/app.ts:1:2)";
const ours = `    at async FetchGateway.respond (${own}:38:29)`;

const rows: [name: string, given: string[], expected: string[]][] = [
  ["frames of ours below the application's go", ["Error: a", app, ours, ours], ["Error: a", app]],
  [
    "frames of the platform between ours go with them",
    ["Error: a", app, ours, "    at async ext:core/01_core.js:1:2"],
    ["Error: a", app],
  ],
  [
    "frames of ours above the application's stay",
    ["Error: a", ours, app, ours],
    ["Error: a", ours, app],
  ],
  ["a fault of ours keeps its frames", ["Error: a", ours, ours], ["Error: a", ours, ours]],
  [
    "a missing module of the application is no fault of ours",
    ['TypeError: Module not found "file:///srv/app.ts".', ours, ours],
    ['TypeError: Module not found "file:///srv/app.ts".'],
  ],
  ...[
    "TypeError: Cannot send response: expected a Response, got object",
    'TypeError: Cannot send Content-Length: expected one decimal number, got "abc"',
    "TypeError: Cannot respond: the application has not called startResponse",
  ].map((line): [string, string[], string[]] => [
    `a fault of the response is the application's: ${line}`,
    [line, ours, "    at async ext:core/01_core.js:1:2", ours],
    [line],
  ]),
  [
    "members of such an error stay",
    ["TypeError: Cannot send response: a", ours + " {", '  code: "X"', "}"],
    ["TypeError: Cannot send response: a {", '  code: "X"', "}"],
  ],
  [
    "a missing module of ours keeps its frames",
    [`TypeError: Module not found "${own}".`, ours],
    [`TypeError: Module not found "${own}".`, ours],
  ],
  [
    "each cause is a stack of its own",
    ["Error: a", app, ours, "Caused by: Error: b", app, ours, ours],
    ["Error: a", app, "Caused by: Error: b", app],
  ],
  [
    "members that Deno.inspect shows stay",
    ["Error: a", app, ours + " {", '  code: "X"', "}"],
    ["Error: a", app + " {", '  code: "X"', "}"],
  ],
  [
    "colours go",
    ["Error: a", "    at \x1b[0m\x1b[36mfile:///srv/app.ts\x1b[0m:\x1b[33m1\x1b[0m"],
    ["Error: a", "    at file:///srv/app.ts:1"],
  ],
  [
    "the start of a worker goes",
    ["Error: a", app, ours, "    at self.onmessage (data:text/javascript,%0Aim......A:14:1)"],
    ["Error: a", app],
  ],
];
for (const [name, given, expected] of rows) {
  Deno.test(`plainStack: ${name}`, () => {
    assertEquals(plainStack(given.join("\n")), expected.join("\n"));
  });
}

Deno.test("errorText and describeError end a circle of causes", () => {
  const error = new Error("circle");
  error.cause = error;
  for (const text of [errorText(error), describeError(error)!]) {
    assertEquals(text.match(/Caused by/g)?.length, 5);
  }
});

Deno.test("errorText reads no stack of an error for want of descriptors", () => {
  for (const code of ["EMFILE", "ENFILE"]) {
    const error = Object.assign(new Error("Too many open files (os error 24)"), { code });
    Object.defineProperty(error, "stack", {
      get() {
        throw new Error("The stack was read");
      },
    });
    assertEquals(errorText(error), "Error: Too many open files (os error 24)");
    assertEquals(describeError(error), "Error: Too many open files (os error 24)");
    const wrapped = errorText(new Error("wrapped", { cause: error }));
    assertStringIncludes(wrapped, "Caused by: Error: Too many open files");
  }
});

Deno.test("headline shows any value in one call, without colours", () => {
  assertEquals(headline(new TypeError("a\x1b[31mb")), "TypeError: ab");
  assertEquals(headline(Object.create(null)), "a value that cannot be shown");
  assert(headline(undefined) === "undefined");
});
