// The endpoints of the admin listener. It is given the server as an AdminSite, and knows no socket.

import { Promise } from "../io/platform.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Gateway } from "../gateway/gateway.ts";
import { plainResponse } from "../http1/plain_response.ts";
import { headline } from "../log/error_text.ts";
import { type AccessRules, refusalOf } from "./access.ts";
import type { AdminSite } from "./admin_site.ts";
import { exposition, EXPOSITION_TYPE } from "./exposition.ts";
import { LiveView } from "./live_view.ts";
import { collectMetrics } from "./metrics.ts";
import { PAGE, PAGE_POLICY } from "./page.ts";
import { statsDocument } from "./stats_document.ts";

/** Fields of every response: what it says is true now only, and is no content of another type. */
const COMMON_FIELDS: readonly [string, string][] = [
  ["Cache-Control", "no-store"],
  ["X-Content-Type-Options", "nosniff"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
];

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";

/** What the admin listener responds. */
interface Reply {
  readonly status: number;
  readonly type: string;
  readonly content: string;
  readonly fields?: readonly [string, string][];
}

/** One endpoint. */
interface Endpoint {
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  /** Whether it needs no token: it tells nothing about requests or the application. */
  readonly open?: boolean;
  respond(exchange: Exchange, match: RegExpExecArray): Reply | Promise<Reply> | Promise<void>;
}

/** Responds to requests of operators and their programs. */
export class AdminGateway extends Gateway {
  readonly #site: AdminSite;
  readonly #rules: AccessRules;
  readonly #live: LiveView;
  readonly #endpoints: readonly Endpoint[];

  /** @param site the server
   * @param rules who may use it */
  constructor(site: AdminSite, rules: AccessRules) {
    super();
    this.#site = site;
    this.#rules = rules;
    this.#live = new LiveView(site);
    this.#endpoints = this.#makeEndpoints();
  }

  override respond(exchange: Exchange): void | Promise<void> {
    const { head } = exchange;
    const path = "path" in head.target ? head.target.path : "*";
    const found = this.#endpoints.flatMap((endpoint) => {
      const match = endpoint.path.exec(path);
      return match === null ? [] : [{ endpoint, match }];
    })[0];
    const refusal = refusalOf(head, this.#rules, found?.endpoint.open === true);
    if (refusal !== undefined) {
      const { status, advice } = refusal;
      return send(
        exchange,
        short(status, advice, status === 401 ? [["WWW-Authenticate", "Bearer"]] : []),
      );
    }
    if (found === undefined) return send(exchange, short(404));
    const { endpoint, match } = found;
    if (head.method !== endpoint.method && !(head.method === "HEAD" && endpoint.method === "GET")) {
      const allowed = endpoint.method === "GET" ? "GET, HEAD" : "POST";
      return send(exchange, short(405, undefined, [["Allow", allowed]]));
    }
    const reply = endpoint.respond(exchange, match);
    if (!(reply instanceof Promise)) return send(exchange, reply);
    return sendLater(exchange, reply);
  }

  #makeEndpoints(): readonly Endpoint[] {
    const site = this.#site;
    return [
      {
        method: "GET",
        path: /^\/$/,
        open: true,
        respond: () => ({
          status: 200,
          type: "text/html; charset=utf-8",
          content: PAGE,
          fields: [["Content-Security-Policy", PAGE_POLICY], ["Referrer-Policy", "no-referrer"]],
        }),
      },
      { method: "GET", path: /^\/livez$/, open: true, respond: () => text(200, "ok\n") },
      {
        method: "GET",
        path: /^\/readyz$/,
        open: true,
        respond() {
          const { unreadiness } = site;
          return unreadiness === undefined ? text(200, "ok\n") : text(503, `${unreadiness}\n`);
        },
      },
      { method: "GET", path: /^\/stats$/, respond: () => json(200, statsDocument(site)) },
      {
        method: "GET",
        path: /^\/metrics$/,
        respond: () => ({
          status: 200,
          type: EXPOSITION_TYPE,
          content: exposition(collectMetrics(site)),
        }),
      },
      {
        method: "GET",
        path: /^\/requests$/,
        respond() {
          const { requests, active } = site.activity;
          return json(200, JSON.stringify({ active, requests }, null, 2) + "\n");
        },
      },
      {
        method: "GET",
        path: /^\/events$/,
        respond: (exchange) =>
          this.#live.hasRoom
            ? this.#live.stream(exchange, COMMON_FIELDS)
            : short(503, "Service Unavailable: too many live pages are open"),
      },
      {
        method: "POST",
        path: /^\/requests\/([A-Za-z0-9-]{1,64})\/kill$/,
        respond({ remoteAddr }, [, id]) {
          const request = site.activity.requests.find((each) => each.id === id);
          if (!site.kill(id)) return short(404, "Not Found: no such request is under way");
          const { method, target } = request ?? {};
          site.note(`Ended request ${id}`, {
            ...{ remoteAddr, requestId: id },
            ...(request === undefined ? {} : { method, target }),
          });
          return json(200, JSON.stringify({ killed: id }) + "\n");
        },
      },
      {
        method: "POST",
        path: /^\/reload$/,
        async respond({ remoteAddr }) {
          site.note("Reload was asked for", { remoteAddr });
          try {
            await site.reload();
            return json(200, JSON.stringify({ reloaded: true }) + "\n");
          } catch (error) {
            const { message, cause } = error as Error;
            const reason = cause === undefined ? undefined : headline(cause);
            return json(
              500,
              JSON.stringify({ reloaded: false, error: message, cause: reason }) + "\n",
            );
          }
        },
      },
      {
        method: "POST",
        path: /^\/drain$/,
        respond({ remoteAddr }) {
          site.note("Drain was asked for", { remoteAddr });
          site.drain();
          return json(200, JSON.stringify({ draining: true }) + "\n");
        },
      },
    ];
  }
}

async function sendLater(
  exchange: Exchange,
  replying: Promise<Reply> | Promise<void>,
): Promise<void> {
  const reply = await replying;
  if (reply !== undefined) await send(exchange, reply);
}

function send(
  exchange: Exchange,
  { status, type, content, fields = [] }: Reply,
): void | Promise<void> {
  const all: [string, string][] = [["Content-Type", type], ...COMMON_FIELDS, ...fields];
  return exchange.respond(
    { status, fields: all },
    exchange.head.method === "HEAD" ? null : content,
  );
}

function text(status: number, content: string): Reply {
  return { status, type: TEXT_TYPE, content };
}

function json(status: number, content: string): Reply {
  return { status, type: JSON_TYPE, content };
}

/** A short response with the reason phrase, or other words. */
function short(status: number, advice?: string, fields: readonly [string, string][] = []): Reply {
  return { ...text(status, plainResponse(status, advice).content), fields };
}
