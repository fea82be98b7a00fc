// Derives the limits of request heads from a server's options. It is the only place that does so.

import type { HeadLimits } from "../http1/request_head.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";

/** The limits of request heads that follow from a server's options.
 *
 * @param options what is in force */
export function headLimits(options: ResolvedOptions): HeadLimits {
  return {
    maxRequestLineSize: options.maxRequestLineSize,
    maxHeadSize: options.maxHeadSize,
    maxFieldCount: options.maxFieldCount,
    maxEmptyLines: 2, // RFC 9112 §2.2 wants one; a stream of them is no request
    maxMethodSize: 32, // the longest registered method has 17 octets
    underscoreHeaders: options.underscoreHeaders,
    strictMode: options.strictMode,
    proxyMode: options.proxyMode,
  };
}
