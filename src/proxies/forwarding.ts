// Who asked, and for what, where a request came through proxies? From the connection's own end the chain
// of hops is walked to the left for as long as each of them is trusted: the first one that is not is the
// client, and what the proxy next to it says of scheme and host is what the client used. Whatever stands
// further left is the client's own claim, and so is everything when the connection comes from a stranger.

import { isHost } from "../http1/host.ts";
import { quoted } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Address } from "../io/address.ts";
import type { LogEvent } from "../log/log_event.ts";
import { type ForwardedFamily, type Hop, hopsOf, parseNode } from "./forwarded_fields.ts";
import { formatIp } from "./ip_address.ts";
import { TrustedSources } from "./trusted_sources.ts";

/** What is known of where a request comes from. */
export interface Origin {
  readonly scheme: "http" | "https";
  readonly remoteAddr: Address;
  /** The request, with the authority that the client asked for. */
  readonly head: RequestHead;
}

/** How requests are forwarded to a server. */
export interface ForwardingOptions {
  readonly trustedProxies: readonly string[];
  readonly forwardedFields: ForwardedFamily | "off";
}

/** Finds out who is behind trusted proxies. */
export class Forwarding {
  readonly #trusted: TrustedSources;
  readonly #family: ForwardedFamily;
  readonly #log: (event: LogEvent) => void;

  /** Makes what a server with these options needs.
   *
   * @param options whom to believe, and which fields
   * @param log where it is told what a trusted proxy says that cannot be understood
   * @returns nothing when nobody is believed */
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

  /** Whether a connection's other end is a trusted proxy; else its requests are its own.
   *
   * @param remoteAddr the other end */
  covers(remoteAddr: Address): boolean {
    return this.#trusted.has(remoteAddr);
  }

  /** Finds the origin of a request that came from a trusted proxy.
   *
   * @param head the request as the proxy sent it
   * @param proxy the connection's own other end
   * @returns nothing when the proxy does not say */
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
      if (node === undefined || node === "hidden") break; // the one who says so is all that is known
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
