// Makes one handshake by `node:tls`. Its server reports all connections by the same two events; here each
// connection gets a derived server object, so that the events belong to that connection alone.

import { caught, clearTimeout, Promise, setTimeout, then } from "../io/platform.ts";
import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import type { ByteStream } from "../io/byte_stream.ts";
import { type ByteDuplex, byteDuplex, writeAll } from "./byte_duplex.ts";
import { alertRecord, describeHandshakeFailure } from "./handshake_failure.ts";

/** How long the library may take to report how a connection has ended, in milliseconds. */
const REPORT_TIMEOUT = 20;

/** Makes a handshake.
 *
 * @param server has the certificates; it does not listen itself
 * @param stream the connection, with nothing read from it; closed when the socket is destroyed
 * @returns the socket, whose only listener drops errors, and its transport
 * @throws {FatalTlsAlertError} when it fails, also because the stream is closed */
export async function handshake(
  server: Server,
  stream: ByteStream,
): Promise<{ readonly socket: TLSSocket; readonly transport: ByteDuplex }> {
  const outcome = Promise.withResolvers<TLSSocket>();
  // While an alert is being written the library must not close the connection.
  let held = true;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // The library reports the reason after it has closed, and reports nothing when the connection ends within
  // the handshake.
  const giveUp = () => {
    timer ??= setTimeout(
      () => outcome.reject(new Error("The connection was closed")),
      REPORT_TIMEOUT,
    );
  };
  const transport = byteDuplex({
    read(target) {
      const reading = stream.read(target);
      if (held) then(reading, (count) => count === null && giveUp(), giveUp);
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
  // Deno's timer of two minutes outlives a failed handshake and keeps all of it in memory. The server's
  // `handshakeTimeout` is the deadline instead.
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
    // A plain alert is valid only while nothing has been sent.
    if (alert !== undefined && transport.sent === 0) {
      await caught(writeAll(stream, alert), () => {});
    }
    // The library would keep a connection that has ended within its handshake for ever.
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
    // The stream was closed before.
  }
}
