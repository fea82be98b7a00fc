// The platform's own classes of Fetch, as they were when the server was loaded. Libraries replace the
// globals: `getRequestListener` of `@hono/node-server` puts its own Request and Response there.

const { Blob, FormData, Headers, Request, Response } = globalThis;

export { Blob, FormData, Headers, Request, Response };

/** Whether a value is a Response of the platform.
 *
 * @param value anything
 * @returns true also for a class derived from it */
export function isPlatformResponse(value: unknown): value is Response {
  return value instanceof Response;
}

/** Whether a value is a Response, by what it is: one of the platform or of a class derived from it, or an
 * object of another class with the same members.
 *
 * @param value anything
 * @returns true when it can be sent */
export function isResponse(value: unknown): value is Response {
  if (value instanceof Response) return true;
  if (typeof value !== "object" || value === null) return false;
  const { status, headers, body, bodyUsed } = value as Partial<Record<keyof Response, unknown>>;
  return typeof status === "number" && typeof bodyUsed === "boolean" &&
    typeof (headers as Headers | null | undefined)?.[Symbol.iterator] === "function" &&
    (body === null || typeof (body as ReadableStream | undefined)?.getReader === "function");
}
