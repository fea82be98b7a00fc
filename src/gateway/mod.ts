/** What a program needs to write a {@linkcode Gateway}, which translates between an exchange and the
 * convention of an application.
 *
 * ```ts
 * import { type Exchange, Gateway } from "./mod.ts";
 * import { serve } from "../../mod.ts";
 *
 * class HelloGateway extends Gateway {
 *   override respond(exchange: Exchange): void | Promise<void> {
 *     const fields = [["Content-Type", "text/plain"]] as const;
 *     return exchange.respond({ status: 200, fields }, `Hello ${exchange.head.method}`);
 *   }
 * }
 * await using server = serve(new HelloGateway(), { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text()); // Hello GET
 * ```
 *
 * @module */

export { ContentReader } from "../content/content_reader.ts";
export { Gateway } from "./gateway.ts";
export type {
  BlockingExchange,
  Exchange,
  ServerInfo,
  WebSocketLimits,
} from "../exchange/exchange.ts";
export type { Departure } from "../exchange/abortable_exchange.ts";
export type { Outcome } from "../exchange/finished_response.ts";
export { ProtocolError, type ProtocolErrorCode } from "../http1/protocol_error.ts";
export type { RequestHead } from "../http1/request_head.ts";
export type {
  AbsoluteForm,
  AsteriskForm,
  AuthorityForm,
  OriginForm,
  RequestTarget,
} from "../http1/request_target.ts";
export { FieldSection } from "../http1/field_section.ts";
export type { Framing } from "../http1/framing.ts";
export type { Field, ResponseHead } from "../http1/response_head.ts";
export type { Address } from "../io/address.ts";
export type { PeerCredentials } from "../io/peer_credentials.ts";
export type { LogLevel } from "../log/log_event.ts";
export type { CertificateInfo, DistinguishedName, TlsInfo } from "../tls/tls_info.ts";
