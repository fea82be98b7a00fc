// A server for hours of traffic, as a program: it takes the application, a folder for logs, an interval and options
// as JSON. After each interval it loads the application anew, renames its logs and reads its certificates again; each
// second it writes what it holds.

import { activeTimers } from "./timer_count.ts";
import { ModuleApp, Server } from "../../../mod.ts";

const [module, name, folder, milliseconds, options] = Deno.args;
const server = new Server({
  ...JSON.parse(options),
  app: new ModuleApp(module, name),
  bind: "127.0.0.1:0",
  admin: "127.0.0.1:0",
  accessLog: `${folder}/access.log`,
  logFile: `${folder}/server.log`,
  onListen(addr: Deno.NetAddr) {
    console.log(`listening on http://127.0.0.1:${addr.port}/`);
  },
});
await server.prepare();
const isSecure = JSON.parse(options).tlsCertificate !== undefined;
console.log(`admin on ${(server.adminAddr as Deno.NetAddr).port}${isSecure ? " with TLS" : ""}.`);

const ticks = setInterval(() => {
  const { heapUsed } = Deno.memoryUsage();
  console.log(`holds ${JSON.stringify({ timers: activeTimers(), heap: heapUsed })}`);
}, 1_000);

const stop = Promise.withResolvers<void>();
let isStopping = false;
Deno.addSignalListener("SIGTERM", () => {
  isStopping = true;
  stop.resolve();
});
const served = server.serve();
for (let reloads = 1;; reloads++) {
  let timer;
  const interval = new Promise((resolve) => timer = setTimeout(resolve, Number(milliseconds)));
  await Promise.race([interval, stop.promise]);
  clearTimeout(timer);
  if (isStopping) break;
  for (const log of ["access.log", "server.log"]) {
    await Deno.rename(`${folder}/${log}`, `${folder}/old-${log}`);
  }
  await server.reopenLogs();
  if (isSecure) await server.reloadCertificates();
  await server.reload();
  console.log(`reloaded ${reloads}.`);
}
clearInterval(ticks);
await server.stop();
await served;
Deno.exit(activeTimers() === 0 ? 0 : 1);
