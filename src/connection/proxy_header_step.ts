// A connection whose first octets may be a PROXY header: reads exactly that, and passes the connection on
// as the one that the proxy speaks for. A header decides who the client is, so only trusted sources may
// send one; a stranger who does is shut out, as nothing it says afterwards could be believed either.

import type { ByteStream } from "../io/byte_stream.ts";
import { prefixedStream } from "../io/prefixed_stream.ts";
import type { HandshakeStep, IncomingConnection } from "./handshakes.ts";
import { type ProxyHeader, ProxyHeaderError } from "../proxies/proxy_header.ts";
import { LONGEST_HEADER, readProxyHeader } from "../proxies/read_proxy_header.ts";
import type { TrustedSources } from "../proxies/trusted_sources.ts";

/** Makes the step that reads PROXY headers.
 *
 * @param mode whether connections without one are served
 * @param trusted who may send one
 * @returns a step that rejects with a {@linkcode ProxyHeaderError} */
export function proxyHeaderStep(
  mode: "optional" | "required",
  trusted: TrustedSources,
): HandshakeStep {
  return async (arrival) => {
    const known = trusted.has(arrival.endpoints.remoteAddr);
    if (!known && mode === "required") throw refused("the source is not one of trustedProxies");
    const { header, stream } = await readFirstOctets(arrival.stream);
    if (header === "nothing") return arrival; // it has ended: no request can come either
    if (header === "absent") {
      if (mode === "required") throw refused("expected a PROXY header before anything else");
      return { ...arrival, stream };
    }
    if (!known) throw refused("it begins with a PROXY header and is not one of trustedProxies");
    return { stream, endpoints: endsBehind(arrival, header) };
  };
}

interface FirstOctets {
  readonly header: ProxyHeader | "absent" | "nothing";
  /** What follows the header. */
  readonly stream: ByteStream;
}

async function readFirstOctets(stream: ByteStream): Promise<FirstOctets> {
  const storage = new Uint8Array(LONGEST_HEADER);
  let arrived = 0;
  while (true) {
    const count = await readMore(stream, storage.subarray(arrived), arrived);
    const octets = storage.subarray(0, arrived + (count ?? 0));
    if (octets.length === 0) return { header: "nothing", stream };
    if (count === null) return { header: "absent", stream: prefixedStream(octets, stream) };
    arrived += count;
    const reading = readProxyHeader(octets);
    switch (reading.kind) {
      case "need-data":
        continue; // no header is longer than the storage
      case "absent":
        return { header: "absent", stream: prefixedStream(octets, stream) };
      case "header":
        return {
          header: reading.header,
          stream: prefixedStream(octets.slice(reading.length), stream),
        };
      default:
        reading satisfies never;
    }
  }
}

/** Those who only look whether the port is open leave at once, some with a reset: no fault. */
async function readMore(
  stream: ByteStream,
  target: Uint8Array,
  arrived: number,
): Promise<number | null> {
  try {
    return await stream.read(target);
  } catch (error) {
    if (arrived === 0 && (error as Error).name === "ConnectionReset") return null;
    throw error;
  }
}

function endsBehind(
  { endpoints }: IncomingConnection,
  { endpoints: proxied, secure }: ProxyHeader,
): IncomingConnection["endpoints"] {
  if (proxied === undefined) return endpoints;
  return {
    ...endpoints,
    scheme: secure ? "https" : endpoints.scheme,
    localAddr: proxied.destination,
    remoteAddr: proxied.source,
  };
}

function refused(detail: string): ProxyHeaderError {
  return new ProxyHeaderError(`Cannot take connection: ${detail}`);
}
