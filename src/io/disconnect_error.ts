// Is this error only a client that left? Clients do that all day, and it is nobody's fault.

const NAMES: ReadonlySet<string> = new Set([
  "ConnectionReset",
  "ConnectionAborted",
  "BrokenPipe",
  "NotConnected",
  "FatalTlsAlertError", // or that broke TLS later than in its handshake
  "InvalidData", // the same as Deno.listenTls says it
  "UnexpectedEof", // a TLS client that went without saying so
  "Interrupted", // we closed the socket ourselves, under a waiting read or write
  "BadResource", // or before it
]);

/** Whether an error of a socket says that the connection is gone, and nothing else. */
export function isDisconnect(error: unknown): boolean {
  return error instanceof Error && NAMES.has(error.name);
}
