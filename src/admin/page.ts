// The live page of the admin listener: one file without any other asset. Its script reads `/events` with
// fetch() instead of an EventSource, because only fetch() can send the token. Text from a request is set as
// text, never as markup.

import { createHash } from "node:crypto";

const STYLE = `
:root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --text: #1c2330; --soft: #5d6779;
  --line: #dfe3ea; --good: #13795b; --bad: #b3261e; --warn: #8a5a00; --bar: #2f6fde; }
@media (prefers-color-scheme: dark) { :root { --back: #12161d; --card: #1b212b; --text: #e6eaf1;
  --soft: #97a3b6; --line: #2c3542; --good: #4cc79c; --bad: #ff8a80; --warn: #f2bd5b; --bar: #6ea3ff; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; display: grid; gap: 1rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: .95rem; margin: 0 0 .5rem; }
div + h2 { margin-top: 1rem; }
header .grow { flex: 1; }
.state { padding: .1rem .6rem; border-radius: 1rem; border: 1px solid currentColor; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.soft { color: var(--soft); }
button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .4rem; padding: .3rem .8rem; min-height: 2.2rem; cursor: pointer; }
button:hover, button:focus-visible { border-color: var(--bar); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .9rem; min-width: 0; }
.tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
td.target { max-width: 26rem; overflow: hidden; text-overflow: ellipsis; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; max-height: 18rem;
  overflow-y: auto; }
svg { width: 100%; height: 3.5rem; display: block; }
svg polyline { fill: none; stroke: var(--bar); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
`;

const SCRIPT = `
const $ = (id) => document.getElementById(id);
const WINDOW = 60; // views that the percentiles look at: a minute
const views = [];
let token = sessionStorage.getItem("token") ?? "";

function headers() {
  return token === "" ? {} : { Authorization: "Bearer " + token };
}

// A new element with text and children; text is never read as markup.
function el(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 1 });
function time(milliseconds) {
  if (!Number.isFinite(milliseconds)) return "> 30 s";
  if (milliseconds < 1000) return number(milliseconds) + " ms";
  const seconds = milliseconds / 1000;
  if (seconds < 60) return number(seconds) + " s";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min " + Math.floor(seconds % 60) + " s";
  return Math.floor(seconds / 3600) + " h " + Math.floor(seconds % 3600 / 60) + " min";
}
const bytes = (value) => number(value / 1048576) + " MiB";

// Adds up the buckets of all series of a view.
function buckets(view) {
  const sums = new Array(view.bounds.length + 1).fill(0);
  for (const { counts } of view.series) counts.forEach((count, at) => sums[at] += count);
  return sums;
}

// The duration below which a part of the responses stays: linear within a bucket.
function quantile(counts, bounds, part) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = part * total;
  for (let at = 0; at < counts.length; at++) {
    if (left <= counts[at]) {
      if (at === bounds.length) return Infinity;
      const low = at === 0 ? 0 : bounds[at - 1];
      return 1000 * (low + (bounds[at] - low) * left / counts[at]);
    }
    left -= counts[at];
  }
  return Infinity;
}

function tile(name, value, kind = "") {
  return el("div", { className: "tile" }, el("b", { className: kind, textContent: value }),
    el("span", { className: "soft", textContent: name }));
}

function row(cells) {
  return el("tr", {}, ...cells.map((cell) =>
    cell instanceof Node ? el("td", {}, cell) : el("td", { textContent: cell, title: cell })));
}

function table(id, names, rows, empty) {
  const shown = rows.length > 0
    ? el("table", {}, el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { textContent: name })))),
      el("tbody", {}, ...rows))
    : el("p", { className: "soft", textContent: empty });
  $(id).replaceChildren(shown);
}

function rates() {
  return views.slice(1).map((view, at) => {
    const total = (one) => buckets(one).reduce((sum, count) => sum + count, 0);
    return Math.max(0, total(view) - total(views[at])) * 1000 / (view.time - views[at].time);
  });
}

function show(view) {
  views.push(view);
  if (views.length > WINDOW + 1) views.shift();
  const first = views[0];
  const before = buckets(first);
  const recent = views.length > 1
    ? buckets(view).map((count, at) => Math.max(0, count - before[at]))
    : buckets(view);
  const of = (part) => {
    const found = quantile(recent, view.bounds, part);
    return found === undefined ? "-" : time(found);
  };
  const perSecond = rates();
  const queued = view.pools.reduce((sum, pool) => sum + pool.queued, 0);
  const limit = view.pools.reduce((sum, pool) => sum + pool.queueSize, 0);
  $("state").textContent = view.unreadiness ?? "ready";
  $("state").className = "state " + (view.unreadiness === null ? "good" : "bad");
  $("build").textContent = "Robusto " + view.build.version + ", Deno " + view.build.deno + ", mode " +
    view.build.mode + ", up " + time(view.runtime);
  $("tiles").replaceChildren(
    tile("requests/s", perSecond.length > 0 ? number(perSecond.at(-1)) : "-"),
    tile("p50", of(.5)), tile("p95", of(.95)), tile("p99", of(.99)),
    tile("under way", number(view.active)),
    tile("queue of " + number(limit), number(queued), queued > 0 ? "warn" : ""),
    tile("connections", number(view.connections)),
    tile("idle ones", number(view.idleConnections)),
    tile("memory", bytes(view.memory)),
    tile("log lines lost", number(view.lostLogLines), view.lostLogLines > 0 ? "bad" : ""),
  );
  const highest = Math.max(1, ...perSecond);
  $("rate").setAttribute("points", perSecond.map((rate, at) =>
    (at * 100 / (WINDOW - 1)).toFixed(1) + "," + (29 - 28 * rate / highest).toFixed(1)).join(" "));
  showStatuses(view);
  showWorkers(view);
  table("requests", ["", "elapsed", "phase", "worker", "method", "target", "id"],
    view.requests.slice().sort((a, b) => b.elapsed - a.elapsed).map((request) => {
      const end = el("button", { textContent: "End" });
      end.onclick = () => act("/requests/" + encodeURIComponent(request.id) + "/kill",
        "End " + request.method + " " + request.target + "? Its client gets an error.");
      const line = row([end, time(request.elapsed), request.phase,
        (request.pool === "" ? "" : request.pool + " ") + (request.workerId ?? "-"), request.method,
        request.target, request.id]);
      line.children[5].className = "target";
      return line;
    }), "No request is under way.");
  $("warnings").textContent = view.warnings.length === 0 ? "None." : view.warnings.toReversed().join("\\n");
}

function showStatuses(view) {
  const sums = {};
  for (const { status, counts } of view.series) {
    const name = status === "" ? "none" : status;
    sums[name] = (sums[name] ?? 0) + counts.reduce((sum, count) => sum + count, 0);
  }
  const kind = (status) => status >= "5" ? "bad" : status >= "4" ? "warn" : "good";
  $("statuses").replaceChildren(...Object.entries(sums).sort().map(([status, count]) =>
    tile(status, number(count), kind(status))));
  const restarts = {};
  for (const pool of view.pools) {
    for (const [reason, count] of Object.entries(pool.restarts)) {
      restarts[reason] = (restarts[reason] ?? 0) + count;
    }
  }
  $("outcomes").replaceChildren(
    ...Object.entries(view.outcomes).map(([name, count]) => tile(name, number(count))),
    ...Object.entries(restarts).map(([reason, count]) =>
      tile("restarts: " + reason, number(count), count > 0 ? "warn" : "")));
}

function showWorkers(view) {
  const rows = view.pools.flatMap((pool) => pool.workers.map((worker) => {
    const own = view.requests.filter(({ workerId, pool: name }) =>
      workerId === worker.workerId && name === pool.name);
    const oldest = own.reduce((a, b) => a === undefined || b.elapsed > a.elapsed ? b : a, undefined);
    const line = row([(pool.name === "" ? "" : pool.name + " ") + worker.workerId,
      worker.state === "ready" ? (worker.load > 0 ? "busy" : "idle") : worker.state, worker.load,
      oldest === undefined ? "-" : time(oldest.elapsed) + " " + oldest.method + " " + oldest.target,
      number(worker.exchanges), worker.cpuTime === undefined ? "-" : time(worker.cpuTime / 1000),
      time(worker.age)]);
    line.children[3].className = "target";
    return line;
  }));
  for (const shard of view.shards) {
    rows.push(row(["shard " + shard.workerId, "accepting", shard.connections + " connections", "-",
      number(shard.requests), shard.cpuTime === undefined ? "-" : time(shard.cpuTime / 1000),
      time(shard.age)]));
  }
  table("workers", ["worker", "state", "holds", "longest", "requests", "CPU", "age"], rows,
    "Requests run in the accepting thread.");
}

async function act(path, question) {
  if (!confirm(question)) return;
  const response = await fetch(path, { method: "POST", headers: headers() });
  if (!response.ok) alert(await response.text());
}

$("reload").onclick = () => act("/reload", "Reload the application and the certificates?");
$("drain").onclick = () => act("/drain", "Drain? /readyz is 503 from then on, until the server is " +
  "restarted, and connections close behind their next response.");

async function follow() {
  const response = await fetch("/events", { headers: headers() });
  if (response.status === 401) {
    token = prompt("Token of the admin listener") ?? "";
    sessionStorage.setItem("token", token);
    return;
  }
  if (!response.ok) throw new Error(await response.text());
  $("lost").hidden = true;
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (text + piece).split("\\n\\n");
    text = events.pop();
    for (const event of events) show(JSON.parse(event.slice("data: ".length)));
  }
}

for (;;) {
  await follow().catch(() => {});
  $("lost").hidden = false;
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
`;

/** The page. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Robusto</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<main>
  <header>
    <h1>Robusto</h1>
    <span id="state" class="state soft">connecting</span>
    <span id="lost" class="bad">no connection</span>
    <span id="build" class="soft"></span>
    <span class="grow"></span>
    <button id="reload">Reload</button>
    <button id="drain">Drain</button>
  </header>
  <section aria-label="Now">
    <div id="tiles" class="tiles"></div>
    <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label="Requests per second">
      <polyline id="rate" points=""></polyline>
    </svg>
  </section>
  <section><h2>Workers</h2><div id="workers" class="scroll"></div></section>
  <section><h2>Requests under way</h2><div id="requests" class="scroll"></div></section>
  <section>
    <h2>Responses by status</h2><div id="statuses" class="tiles"></div>
    <h2>Outcomes and restarts</h2><div id="outcomes" class="tiles"></div>
  </section>
  <section><h2>Warnings and errors, the newest first</h2><pre id="warnings"></pre></section>
</main>
<script type="module">${SCRIPT}</script>
</html>
`;

/** Content-Security-Policy of the page: its own style and script, its own listener, nothing else. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "connect-src 'self'",
  "img-src data:",
  `script-src '${hashOf(SCRIPT)}'`,
  `style-src '${hashOf(STYLE)}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
