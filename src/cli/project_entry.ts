// Runs the command line before the main module of Deno, which is the application: `deno run
// --preload=project_entry.ts APP APP [options]`. So the application's own project is in force. The main
// module itself never runs, because this module does not finish.

import { main } from "./main.ts";

// A handler may wait for what nothing else keeps the process for.
setInterval(() => {}, 2 ** 30);
Deno.exit(await main(Deno.args));
