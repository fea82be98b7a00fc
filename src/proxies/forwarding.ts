// Finds the client, scheme and host of a request that came through proxies. It follows the hops from the
// connection's peer to the left while each of them is trusted. The first untrusted one is the client, and
// the proxy next to it tells scheme and host; elements further left are claims of the client and ignored,
// as is everything from an untrusted peer.

import { isHost } from "../http1/host.ts";
import { quoted } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Address } from "../io/address.ts";
import type { LogEvent } from "../log/log_event.ts";
import { type ForwardedFamily, type Hop, hopsOf, parseNode } from "./forwarded_fields.ts";
import { formatIp } from "./ip_address.ts";
import { TrustedSources } from "./trusted_sources.ts";

/** Client, scheme and authority of a request. */
export interface Origin {
  readonly scheme: "http" | "https";
  readonly remoteAddr: Address;
  /** The request, with the authority that the client used. */
  readonly head: RequestHead;
}

/** The options about forwarding. */
export interface ForwardingOptions {
  readonly trustedProxies: readonly string[];
  readonly forwardedFields: ForwardedFamily | "off";
}

/** Finds the origin of requests behind trusted proxies. */
export class Forwarding {
  readonly #trusted: TrustedSources;
  readonly #family: ForwardedFamily;
  readonly #log: (event: LogEvent) => void;

  /** Makes an instance for a server with these options.
   *
   * @param options the trusted proxies and the fields to read
   * @param log receives an event if a field of a trusted proxy is malformed
   * @returns undefined when no proxy is trusted */
  static for(options: ForwardingOptions, log: (event: LogEvent) => void): Forwarding | undefined {
    const { trustedProxies, forwardedFields } = options;
    if (trustedProxies.length === 0 || forwardedFields === "off") return undefined;
    return new Forwarding(new TrustedSources(trustedProxies), forwardedFields, log);
  }

  private constructor(
    trusted: TrustedSources,
    family: ForwardedFamily,
    log: (event: LogEvent) => void,
  ) {
    this.#trusted = trusted;
    this.#family = family;
    this.#log = log;
  }

  /** Whether the peer of a connection is a trusted proxy; otherwise it is itself the client.
   *
   * @param remoteAddr address of the peer */
  covers(remoteAddr: Address): boolean {
    return this.#trusted.has(remoteAddr);
  }

  /** Finds the origin of a request that came from a trusted proxy.
   *
   * @param head the request as the proxy sent it
   * @param proxy scheme of the connection and address of its peer
   * @returns undefined when the proxy does not tell the origin */
  originOf(head: RequestHead, proxy: Omit<Origin, "head">): Origin | undefined {
    let { remoteAddr } = proxy;
    const complain = (detail: string) => this.#logIgnored(proxy.remoteAddr, detail);
    let outermost: Hop | undefined;
    for (const hop of hopsOf(head.fields, this.#family)) {
      if (hop === undefined) complain("an element of Forwarded is malformed");
      if (hop === undefined) break;
      outermost = hop;
      if (hop.for === undefined) break;
      const node = parseNode(hop.for);
      if (node === undefined) complain(`no address is ${quoted(hop.for)}`);
      if (node === undefined || node === "hidden") break; // the origin is then the last known hop
      remoteAddr = { transport: "tcp", hostname: formatIp(node.octets), port: node.port };
      if (!this.#trusted.hasIp(node.octets)) break;
    }
    if (outermost === undefined) return undefined;
    const authority = hostOf(outermost, complain);
    return {
      remoteAddr,
      scheme: schemeOf(outermost, complain) ?? proxy.scheme,
      head: authority === undefined ? head : { ...head, authority },
    };
  }

  #logIgnored(remoteAddr: Address, detail: string): void {
    this.#log({
      level: "warn",
      event: "forwarded-ignored",
      message: `Cannot use what a proxy says of a request: ${detail}`,
      remoteAddr,
    });
  }
}

function schemeOf({ proto }: Hop, complain: (detail: string) => void) {
  const scheme = proto?.toLowerCase();
  if (scheme === "http" || scheme === "https") return scheme;
  if (proto !== undefined) complain(`no scheme of HTTP is ${quoted(proto)}`);
}

function hostOf({ host }: Hop, complain: (detail: string) => void): string | undefined {
  if (host === undefined || isHost(host)) return host;
  complain(`no host is ${quoted(host)}`);
}
