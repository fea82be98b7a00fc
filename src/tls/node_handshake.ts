// One handshake by `node:tls`. Its server hands out all connections by the same two events; each is given
// a server object of its own here, which knows whose connection it is.

import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import type { ByteStream } from "../io/byte_stream.ts";
import { type ByteDuplex, byteDuplex, writeAll } from "./byte_duplex.ts";
import { alertRecord, describeHandshakeFailure } from "./handshake_failure.ts";

/** How long the library may take to say how a connection has ended, in milliseconds. */
const LAST_WORD = 20;

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
  let timer: ReturnType<typeof setTimeout> | undefined;
  // The library says why it has closed behind closing it, and of an end within the handshake nothing.
  const giveUp = () => {
    timer ??= setTimeout(() => outcome.reject(new Error("The connection was closed")), LAST_WORD);
  };
  const transport = byteDuplex({
    read(target) {
      const reading = stream.read(target);
      if (held) reading.then((count) => count === null && giveUp(), giveUp);
      return reading;
    },
    write: (data) => stream.write(data),
    closeWrite: () => stream.closeWrite(),
    close() {
      closed = true;
      if (held) giveUp();
      else stream.close();
    },
  });
  const own: Server & { _handshakeTimeout?: number } = Object.create(server);
  // Deno's timer of two minutes outlives a handshake that fails, and keeps all of it in memory. The
  // reception has a deadline of its own.
  own._handshakeTimeout = 0;
  own.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === "secureConnection") outcome.resolve(args[0] as TLSSocket);
    else if (event === "tlsClientError") outcome.reject(args[0]);
    return true;
  };
  const emit: (this: Server, event: "connection", transport: Duplex) => boolean = server.emit;
  emit.call(own, "connection", transport.duplex);
  try {
    const socket = await outcome.promise;
    socket.on("error", () => {});
    return { socket, transport };
  } catch (error) {
    const failure = describeHandshakeFailure(error);
    const alert = alertRecord(failure.code);
    // An alert in the clear is right as long as nothing has been said.
    if (alert !== undefined && transport.sent === 0) await writeAll(stream, alert).catch(() => {});
    // The library waits for ever on a connection that has ended within its handshake, and in memory.
    transport.duplex.destroy();
    throw failure;
  } finally {
    held = false;
    clearTimeout(timer);
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
