/** TLS: the two adapters, their settings, and the types of an adapter that a program writes itself.
 *
 * @module */

export { TlsAdapter, type TlsAddress, type TlsConnection } from "./tls_adapter.ts";
export { DenoTlsAdapter } from "./deno_adapter.ts";
export { NodeTlsAdapter } from "./node_adapter.ts";
export { getTlsAdapter } from "./get_tls_adapter.ts";
export type {
  CertificateSettings,
  NamedCertificateSettings,
  TlsAdapterName,
  TlsSettings,
} from "./tls_settings.ts";
export type { CertificateInfo, DistinguishedName, TlsInfo } from "./tls_info.ts";
export { CertificateError, FatalTlsAlertError, NoTlsError, type TlsFailure } from "./tls_errors.ts";
export type { AcceptedSocket, ListeningSocket } from "../net/listening_socket.ts";
export type { ByteStream } from "../io/byte_stream.ts";
export type { Address } from "../io/address.ts";
export type { PeerCredentials } from "../io/peer_credentials.ts";
