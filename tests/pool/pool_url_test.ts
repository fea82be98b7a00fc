// A pool when Robusto comes from a URL: its workers load the pool's own module from there and the
// application from its own place, with either kind of thread.

import { assertEquals, assertMatch } from "@std/assert";
import { inEmptyDirectory, serveCheckout } from "../support/checkout_host.ts";
import { Program } from "../support/program.ts";

/** Responds with the length of the content and the number of its worker: 0 in the thread that accepts. */
const APP = `
let worker = 0;
export const onWorkerStart = ({ workerId }: { workerId: number }) => { worker = workerId; };
export default async (request: Request) =>
  new Response(\`worker \${worker}: \${(await request.text()).length}\`);
`;

for (const kind of ["web", "killable"]) {
  Deno.test(`${kind}: mod.ts from a URL serves a local application in a pool`, async () => {
    await using host = serveCheckout();
    await inEmptyDirectory(async (options) => {
      await Deno.writeTextFile(new URL("app.ts", options.cwd), APP);
      await using program = await Program.start([
        ...["run", "-A", `http://${host.bindAddr}/mod.ts`, "./app.ts"],
        ...["--bind", "127.0.0.1:0", "--workers", "2", "--worker-kind", kind],
      ], options);
      await assertWorks(await program.url);
      assertEquals(await program.stop("SIGTERM"), 0, program.output);
    });
  });

  Deno.test(`${kind}: a local program with mod.ts from a URL has a pool`, async () => {
    await using host = serveCheckout();
    await inEmptyDirectory(async (options) => {
      await Deno.writeTextFile(new URL("app.ts", options.cwd), APP);
      await Deno.writeTextFile(
        new URL("main.ts", options.cwd),
        `import { serve } from "http://${host.bindAddr}/mod.ts";
         serve(new URL("./app.ts", import.meta.url), { port: 0, maxWorkers: 2, workerKind: "${kind}" });`,
      );
      await using program = await Program.start(["run", "-A", "main.ts"], options);
      await assertWorks(await program.url);
    });
  });
}

/** Asserts that responses come from a worker, whether content travels with the head or flows after it. */
async function assertWorks(url: string): Promise<void> {
  for (const size of [0, 1_000, 1_000_000]) {
    const response = await fetch(url, { method: "POST", body: "x".repeat(size) });
    assertMatch(await response.text(), new RegExp(`^worker [12]: ${size}$`));
  }
}
