// Recognises socket errors that only mean that the client has left. That happens all the time and is not
// a fault.

const NAMES: ReadonlySet<string> = new Set([
  "ConnectionReset",
  "ConnectionAborted",
  "BrokenPipe",
  "NotConnected",
  "FatalTlsAlertError", // the client broke TLS after its handshake
  "InvalidData", // the same, from Deno.listenTls
  "UnexpectedEof", // a TLS client closed without close_notify
  "Interrupted", // the server closed the socket during a read or write
  "BadResource", // or before it
]);

/** Whether an error of a socket only means that the connection is closed. */
export function isDisconnect(error: unknown): boolean {
  return error instanceof Error && NAMES.has(error.name);
}
