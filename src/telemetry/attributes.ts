// The attributes of spans and metrics, after the semantic conventions of OpenTelemetry for HTTP servers
// (https://opentelemetry.io/docs/specs/semconv/http/). No attribute of a metric has a value that a client
// can make up.

import type { FinishedRequest, FinishedResponse } from "../exchange/finished_response.ts";
import { parseHost } from "../http1/host.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Attributes, AttributeValue } from "../io/open_telemetry.ts";

/** The methods that the conventions know: RFC 9110 and PATCH. */
const KNOWN_METHODS = new Set(
  ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"],
);

/** Name of a request's span. Without a route the conventions take the method alone. */
export function spanName({ method }: RequestHead): string {
  return KNOWN_METHODS.has(method) ? method : "HTTP";
}

/** What describes a request's span from its begin. */
export function requestAttributes(
  { requestId, remoteAddr, localAddr, scheme }: FinishedRequest,
  { method, target, authority, protocol, fields }: RequestHead,
): Attributes {
  const attributes: Record<string, AttributeValue> = {
    "http.request.method": knownMethod(method),
    "url.scheme": scheme,
    "network.protocol.version": protocol.slice("HTTP/".length),
    "robusto.request.id": requestId,
  };
  if (!KNOWN_METHODS.has(method)) attributes["http.request.method_original"] = method;
  if ("path" in target) {
    attributes["url.path"] = target.path;
    if (target.query !== "") attributes["url.query"] = target.query;
  }
  const host = parseHost(authority);
  if (host !== undefined && host.host !== "") {
    attributes["server.address"] = host.host;
    attributes["server.port"] = BigInt(host.port ?? (scheme === "https" ? 443 : 80));
  } else if ("hostname" in localAddr) {
    attributes["server.address"] = localAddr.hostname;
    attributes["server.port"] = BigInt(localAddr.port);
  }
  if ("hostname" in remoteAddr) attributes["client.address"] = remoteAddr.hostname;
  const agent = fields.get("user-agent");
  if (agent !== undefined) attributes["user_agent.original"] = agent;
  return attributes;
}

/** What describes a request's span at its end. */
export function responseAttributes(response: FinishedResponse): Attributes {
  const { status, workerId, queueTime } = response;
  const attributes: Record<string, AttributeValue> = { ...errorAttribute(response) };
  if (status !== undefined) attributes["http.response.status_code"] = BigInt(status);
  if (workerId !== undefined) {
    attributes["robusto.worker.id"] = BigInt(workerId);
    attributes["robusto.queue.duration"] = queueTime / 1000;
  }
  return attributes;
}

/** Whether the server failed: neither a fault of the request nor a client that left. */
export function isServerError({ status, outcome }: FinishedResponse): boolean {
  if (status !== undefined && status >= 400) return status >= 500;
  return outcome === "failed" || outcome === "killed" || outcome === "timed-out";
}

/** What describes a request in the number of those under way. */
export function activeAttributes(scheme: string, method: string): Attributes {
  return { "http.request.method": knownMethod(method), "url.scheme": scheme };
}

/** What describes a response in the histogram of durations. */
export function durationAttributes(response: FinishedResponse): Attributes {
  const { status, request: { head, line, scheme } } = response;
  const attributes: Record<string, AttributeValue> = {
    ...activeAttributes(scheme, head?.method ?? line?.method ?? ""),
    ...errorAttribute(response),
  };
  if (head !== undefined) {
    attributes["network.protocol.version"] = head.minorVersion === 0 ? "1.0" : "1.1";
  }
  if (status !== undefined) attributes["http.response.status_code"] = BigInt(status);
  return attributes;
}

/** The status of a response that is a server's error, else how the response was cut short. */
function errorAttribute(response: FinishedResponse): Attributes {
  const { status, outcome, cut } = response;
  if (status !== undefined && status >= 500) return { "error.type": String(status) };
  return cut || isServerError(response) ? { "error.type": outcome } : {};
}

function knownMethod(method: string): string {
  return KNOWN_METHODS.has(method) ? method : "_OTHER";
}
