// Flags of gunicorn, uWSGI, uvicorn, Puma and `deno serve`, for messages about a flag that does not exist here.

/** The flag of this server that does the same, where the names are not near to each other. */
const SAME: ReadonlyMap<string, string> = new Map([
  ["--access-logfile", "--access-log"],
  ["--access-logformat", "--access-log-format"],
  ["--app-dir", "--python-path"],
  ["--backlog", "--tcp-backlog"],
  ["--buffer-size", "--max-head-size"],
  ["--ca-certs", "--tls-client-ca"],
  ["--cert-reqs", "--tls-client-auth"],
  ["--certfile", "--tls-certificate"],
  ["--check-config", "--check"],
  ["--control-token", "--admin-token-file"],
  ["--control-url", "--admin"],
  ["--error-log", "--log-file"],
  ["--error-logfile", "--log-file"],
  ["--fd", "--bind"],
  ["--forwarded-allow-ips", "--trusted-proxies"],
  ["--graceful-timeout", "--shutdown-timeout"],
  ["--harakiri", "--handler-timeout"],
  ["--http", "--bind"],
  ["--http-keepalive", "--keep-alive-timeout"],
  ["--http-socket", "--bind"],
  ["--https", "--tls-certificate"],
  ["--https-socket", "--tls-certificate"],
  ["--keep-alive", "--keep-alive-timeout"],
  ["--keyfile", "--tls-private-key"],
  ["--limit-as", "--max-worker-heap"],
  ["--limit-concurrency", "--max-connections"],
  ["--limit-max-requests", "--max-exchanges-per-worker"],
  ["--limit-post", "--max-content-size"],
  ["--limit-request-field-size", "--max-head-size"],
  ["--limit-request-fields", "--max-field-count"],
  ["--limit-request-line", "--max-request-line-size"],
  ["--listen", "--tcp-backlog"],
  ["--logto", "--log-file"],
  ["--max-requests", "--max-exchanges-per-worker"],
  ["--max-worker-lifetime", "--max-worker-age"],
  ["--parallel", "--workers"],
  ["--processes", "--workers"],
  ["--proxy-headers", "--forwarded-fields"],
  ["--py-autoreload", "--watch"],
  ["--pythonpath", "--python-path"],
  ["--reload", "--watch"],
  ["--reload-on-rss", "--max-worker-heap"],
  ["--req-logger", "--access-log"],
  ["--socket", "--bind"],
  ["--ssl-ca-certs", "--tls-client-ca"],
  ["--ssl-certfile", "--tls-certificate"],
  ["--ssl-keyfile", "--tls-private-key"],
  ["--stats", "--admin"],
  ["--statsd-host", "--admin"],
  ["--threads", "--exchanges-per-worker"],
  ["--timeout-graceful-shutdown", "--shutdown-timeout"],
  ["--timeout-keep-alive", "--keep-alive-timeout"],
  ["--uds", "--bind"],
  ["--venv", "--python"],
  ["--virtualenv", "--python"],
  ["--worker-connections", "--max-connections"],
  ["--worker-reload-mercy", "--shutdown-timeout"],
]);

const SERVICE_MANAGER = "leave it to the service manager, such as systemd";
const NOT_NEEDED = "nothing has to be given for it";
const APP = "give the application as APP, such as ./app.py:app";

/** What to do instead of a flag for which there is none. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["--callable", APP],
  ["--daemon", SERVICE_MANAGER],
  ["--daemonize", SERVICE_MANAGER],
  ["--die-on-term", NOT_NEEDED],
  ["--enable-threads", NOT_NEEDED],
  ["--env", "the environment is passed on"],
  ["--gevent", NOT_NEEDED],
  ["--gid", SERVICE_MANAGER],
  ["--group", SERVICE_MANAGER],
  ["--lazy-apps", NOT_NEEDED],
  ["--log-config", "see --log-file, --log-format and --log-level"],
  ["--master", NOT_NEEDED],
  ["--module", APP],
  ["--pid", SERVICE_MANAGER],
  ["--pidfile", SERVICE_MANAGER],
  ["--preload", NOT_NEEDED],
  ["--preload-app", NOT_NEEDED],
  ["--uid", SERVICE_MANAGER],
  ["--umask", SERVICE_MANAGER],
  ["--user", SERVICE_MANAGER],
  ["--vacuum", NOT_NEEDED],
  ["--worker-class", NOT_NEEDED],
  ["--wsgi", APP],
  ["--wsgi-app", APP],
  ["--wsgi-file", APP],
]);

const FLAG_OF_DENO =
  /^(?:-A|--(?:allow|deny|unstable|inspect)(?:-.*)?|--(?:cached-only|cert|env-file|frozen|import-map|lock|no-check|no-lock|no-prompt|node-modules-dir|v8-flags|vendor))$/;

/** Says what to do about a flag of another server.
 *
 * @param flag as it was written
 * @returns such as `did you mean --admin`; undefined if it is the flag of no other server */
export function adviceOnFlag(flag: string): string | undefined {
  const same = flagInstead(flag);
  if (same !== undefined) return `did you mean ${same}`;
  if (FLAG_OF_DENO.test(flag)) return "flags of Deno stand before the program: deno run -A mod.ts";
  return INSTEAD.get(hyphenated(flag));
}

/** The flag of this server that stands for a flag of another one. */
export function flagInstead(flag: string): string | undefined {
  return SAME.get(hyphenated(flag));
}

/** gunicorn has one flag with an underline, and settings that are written with underlines. */
function hyphenated(flag: string): string {
  return flag.replaceAll("_", "-");
}
