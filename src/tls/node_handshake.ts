// One handshake by `node:tls`. Its server hands out all connections by the same two events; each is given
// a server object of its own here, which knows whose connection it is.

import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import type { ByteStream } from "../io/byte_stream.ts";
import { type ByteDuplex, byteDuplex, writeAll } from "./byte_duplex.ts";
import { alertRecord, describeHandshakeFailure } from "./handshake_failure.ts";

/** Makes a handshake.
 *
 * @param server what has the certificates; it does not listen itself
 * @param stream the connection, nothing of it read; closed when the socket is destroyed
 * @returns the socket, on which nobody listens but one who drops errors, and its transport
 * @throws {FatalTlsAlertError} when it fails, also because the stream is closed */
export async function handshake(
  server: Server,
  stream: ByteStream,
): Promise<{ readonly socket: TLSSocket; readonly transport: ByteDuplex }> {
  const outcome = Promise.withResolvers<TLSSocket>();
  // While an alert is on its way the library must not close the connection under it.
  let held = true;
  let closed = false;
  const transport = byteDuplex({
    read: (target) => stream.read(target),
    write: (data) => stream.write(data),
    closeWrite: () => stream.closeWrite(),
    close() {
      closed = true;
      if (!held) stream.close();
    },
  });
  const own: Server = Object.create(server);
  own.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === "secureConnection") outcome.resolve(args[0] as TLSSocket);
    else if (event === "tlsClientError") outcome.reject(args[0]);
    return true;
  };
  // The library says why it has closed behind closing it, and not every time.
  const onClose = () => setTimeout(() => outcome.reject(new Error("The connection was closed")), 0);
  transport.duplex.once("close", onClose);
  const emit: (this: Server, event: "connection", transport: Duplex) => boolean = server.emit;
  emit.call(own, "connection", transport.duplex);
  try {
    const socket = await outcome.promise;
    socket.on("error", () => {});
    transport.duplex.off("close", onClose);
    return { socket, transport };
  } catch (error) {
    const failure = describeHandshakeFailure(error);
    const alert = alertRecord(failure.code);
    // An alert in the clear is right as long as nothing has been said.
    if (alert !== undefined && transport.sent === 0) await writeAll(stream, alert).catch(() => {});
    throw failure;
  } finally {
    held = false;
    if (closed) close(stream);
  }
}

function close(stream: ByteStream): void {
  try {
    stream.close();
  } catch {
    // It is closed already.
  }
}
