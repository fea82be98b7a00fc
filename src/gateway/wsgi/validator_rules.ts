// PEP 3333's rules for the values that pass between a server and an application, one check for each.
// validator.ts decides when each is made.

import { checkHead, kindOf } from "./response_rules.ts";

/** A server or an application breaks PEP 3333. */
export class WsgiBreachError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "WsgiBreachError";
}

/** Reports a breach of PEP 3333.
 *
 * @param message what was expected
 * @param cause the error behind it, if there is one
 * @throws {WsgiBreachError} always */
export function breach(message: string, cause?: unknown): never {
  throw new WsgiBreachError(`Cannot go on: ${message}`, { cause });
}

const REQUIRED = [
  "REQUEST_METHOD",
  "SERVER_NAME",
  "SERVER_PORT",
  "SERVER_PROTOCOL",
  "wsgi.version",
  "wsgi.url_scheme",
  "wsgi.input",
  "wsgi.errors",
  "wsgi.multithread",
  "wsgi.multiprocess",
  "wsgi.run_once",
];

/** Checks the variables of a request.
 *
 * @param environ the variables
 * @throws {WsgiBreachError} when one is missing or wrong */
export function checkEnviron(environ: unknown): asserts environ is Record<string, unknown> {
  if (typeof environ !== "object" || environ === null || Array.isArray(environ)) {
    breach(`expected environ to be a record, got ${kindOf(environ)}`);
  }
  const record = environ as Record<string, unknown>;
  for (const name of REQUIRED) {
    if (record[name] === undefined) breach(`expected environ to have ${name}`);
  }
  for (const name of ["HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"]) {
    if (name in record) breach(`expected environ to have ${name.slice(5)}, not ${name}`);
  }
  checkVersion(record["wsgi.version"]);
  checkStrings(record, record["wsgi.version"][0] === 1);
  checkPaths(record);
  if (!/^https?$/.test(String(record["wsgi.url_scheme"]))) {
    breach(`expected wsgi.url_scheme http or https, got ${record["wsgi.url_scheme"]}`);
  }
  const length = record.CONTENT_LENGTH;
  if (length !== undefined && !/^[0-9]*$/.test(length as string)) {
    breach(`expected CONTENT_LENGTH to be a decimal number, got ${JSON.stringify(length)}`);
  }
  checkMethods(record, "wsgi.input", ["read", "readline", "readlines"]);
  checkMethods(record, "wsgi.errors", ["write", "writelines", "flush"]);
}

function checkVersion(version: unknown): asserts version is [unknown, unknown] {
  if (Array.isArray(version) && version.length === 2) return;
  breach(`expected wsgi.version to be a pair, got ${kindOf(version)}`);
}

/** Checks the variables of CGI, whose names have no dot. PEP 3333: their values are text, in 1.0 with one
 * character for each octet. */
function checkStrings(environ: Record<string, unknown>, native: boolean): void {
  for (const [name, value] of Object.entries(environ)) {
    if (name.includes(".")) continue;
    if (typeof value !== "string") breach(`expected ${name} to be text, got ${kindOf(value)}`);
    // deno-lint-ignore no-control-regex -- it checks that each character fits an octet
    if (native && !/^[\x00-\xff]*$/.test(value)) {
      breach(`expected ${name} to have a character for each octet, got ${JSON.stringify(value)}`);
    }
  }
}

function checkPaths({ SCRIPT_NAME: script, PATH_INFO: path }: Record<string, unknown>): void {
  if (!script && path === undefined) breach("expected environ to have SCRIPT_NAME or PATH_INFO");
  if (script === "/") breach("expected SCRIPT_NAME to be empty at the root, got /");
  for (const [name, value] of [["SCRIPT_NAME", script], ["PATH_INFO", path]]) {
    if (value && !(value as string).startsWith("/")) {
      breach(`expected ${name} to begin with a slash, got ${JSON.stringify(value)}`);
    }
  }
}

function checkMethods(
  environ: Record<string, unknown>,
  name: string,
  methods: readonly string[],
): void {
  const value = environ[name] as Record<string, unknown>;
  for (const method of methods) {
    if (typeof value[method] !== "function") breach(`expected ${name} to have ${method}()`);
  }
}

/** Checks what an application starts its response with.
 *
 * @param status such as `"200 OK"`
 * @param headers name and value pairs
 * @returns the status code and the declared length
 * @throws {WsgiBreachError} when PEP 3333 forbids them */
export function checkStart(
  status: unknown,
  headers: unknown,
): { readonly status: number; readonly declared: number | undefined } {
  let head: ReturnType<typeof checkHead>;
  try {
    head = checkHead(status, headers);
  } catch (error) {
    breach((error as Error).message, error);
  }
  let typed = false;
  if (head.dropped.length > 0) breach(`expected no hop-by-hop header, got ${head.dropped[0]}`);
  for (const [name] of head.fields) {
    if (/^connection$/i.test(name)) breach(`expected no hop-by-hop header, got ${name}`);
    if (/^status$/i.test(name)) breach("expected no Status header, which CGI takes for the status");
    if (/[-_]$/.test(name)) breach(`expected no header name that ends with - or _, got ${name}`);
    typed ||= /^content-type$/i.test(name);
  }
  const empty = head.status === 204 || head.status === 304;
  if (!typed && !empty) breach("expected a Content-Type header, as there may be content");
  if (typed && empty) breach(`expected no Content-Type header with status ${head.status}`);
  return { status: head.status, declared: head.declaredLength };
}

/** Checks a piece of content.
 *
 * @param piece the value in its place
 * @throws {WsgiBreachError} when it is no Uint8Array */
export function checkPiece(piece: unknown): asserts piece is Uint8Array {
  if (!(piece instanceof Uint8Array)) {
    breach(`expected content in pieces of Uint8Array, got ${kindOf(piece)}`);
  }
}
