// The step that makes the TLS handshake. A client that speaks plain HTTP is not dropped: its connection
// continues as one to be rejected, so that the response tells it why.

import type { HandshakeStep } from "./handshakes.ts";
import type { TlsAdapter } from "../tls/tls_adapter.ts";
import { NoTlsError } from "../tls/tls_errors.ts";

/** Makes the step.
 *
 * @param adapter makes the handshakes
 * @returns a step that rejects when the handshake fails */
export function tlsStep(adapter: TlsAdapter): HandshakeStep {
  return async ({ stream, endpoints }) => {
    try {
      const { stream: inside, info } = await adapter.wrap(stream);
      return { stream: inside, endpoints: { ...endpoints, scheme: "https", tls: info } };
    } catch (error) {
      if (!(error instanceof NoTlsError)) throw error;
      return { stream: error.stream, endpoints: { ...endpoints, rejection: error } };
    }
  };
}
