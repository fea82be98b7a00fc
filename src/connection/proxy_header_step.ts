// The step that reads a PROXY header, if the first octets of a connection are one, and no octet behind it.
// The connection then counts as that of the client which the header names. Only trusted sources may send a
// header; a connection from another source that does is closed.

import type { ByteStream } from "../io/byte_stream.ts";
import { prefixedStream } from "../io/prefixed_stream.ts";
import type { HandshakeStep, IncomingConnection } from "./handshakes.ts";
import { type ProxyHeader, ProxyHeaderError } from "../proxies/proxy_header.ts";
import { LONGEST_HEADER, readProxyHeader } from "../proxies/read_proxy_header.ts";
import type { TrustedSources } from "../proxies/trusted_sources.ts";

/** Makes the step that reads PROXY headers.
 *
 * @param mode whether connections without one are served
 * @param trusted the sources that may send one
 * @returns a step that rejects with a {@linkcode ProxyHeaderError} */
export function proxyHeaderStep(
  mode: "optional" | "required",
  trusted: TrustedSources,
): HandshakeStep {
  return async (incoming) => {
    const isTrusted = trusted.has(incoming.endpoints.remoteAddr);
    if (!isTrusted && mode === "required") {
      throw rejection("the source is not one of trustedProxies");
    }
    const { header, stream } = await readFirstOctets(incoming.stream);
    if (header === "nothing") return incoming; // it has ended: no request can come
    if (header === "absent") {
      if (mode === "required") throw rejection("expected a PROXY header before anything else");
      return { ...incoming, stream };
    }
    if (!isTrusted) {
      throw rejection("it begins with a PROXY header and is not one of trustedProxies");
    }
    return { stream, endpoints: proxiedEndpoints(incoming, header) };
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

/** Reads more octets. A port check leaves at once, sometimes with a reset; that is the end, not a fault. */
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

function proxiedEndpoints(
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

function rejection(detail: string): ProxyHeaderError {
  return new ProxyHeaderError(`Cannot take connection: ${detail}`);
}
