// Makes a transport for `node:tls` of a byte stream. It reads one piece at a time, and only while more is
// wanted, so that the rest stays in the kernel. It holds back here, below TLS, as a paused socket of Deno's
// `node:tls` never reports the end of its connection.

import { caught, then } from "../io/platform.ts";
import type { Duplex } from "node:stream";
import type { ByteStream } from "../io/byte_stream.ts";
import { builtin } from "./node_modules.ts";

/** Size of the first read: a handshake fits. Reads grow while the connection fills them. */
const FIRST_READ = 4 * 1024;
/** Four of the longest records of TLS. */
const LARGEST_READ = 64 * 1024;

/** A transport and its controls. */
export interface ByteDuplex {
  readonly duplex: Duplex;
  /** Octets written to the stream. */
  readonly sent: number;
  /** Sets whether more is read from the stream; true at first. */
  want(more: boolean): void;
}

/** Makes a transport of a stream.
 *
 * @param stream closed when the transport is destroyed
 * @returns the transport, with a listener for its errors */
export function byteDuplex(stream: ByteStream): ByteDuplex {
  let storage = new Uint8Array(FIRST_READ);
  let sent = 0;
  let wanted = true;
  let asked = false;
  const read = () => {
    asked = false;
    caught(
      then(stream.read(storage), (count) => {
        if (count === null) return void duplex.push(null);
        const octets = storage.slice(0, count);
        if (count === storage.length && count < LARGEST_READ) {
          storage = new Uint8Array(Math.min(LARGEST_READ, count * 4));
        }
        duplex.push(octets);
      }),
      (error) => void duplex.destroy(error),
    );
  };
  const duplex = new (builtin("node:stream").Duplex)({
    allowHalfOpen: true,
    read() {
      asked = true;
      if (wanted) read();
    },
    write(octets: Uint8Array, _encoding, done) {
      sent += octets.length;
      then(writeAll(stream, octets), () => done(), done);
    },
    final(done) {
      then(stream.closeWrite(), () => done(), done);
    },
    destroy(error, done) {
      try {
        stream.close();
      } catch {
        // The stream was closed before.
      }
      done(error);
    },
  });
  // The TLS socket above reports the same errors.
  duplex.on("error", () => {});
  return {
    duplex,
    get sent() {
      return sent;
    },
    want(more) {
      wanted = more;
      if (wanted && asked) read();
    },
  };
}

/** Writes all octets, by as many writes as the stream needs. */
export async function writeAll(stream: ByteStream, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += await stream.write(octets.subarray(at));
}
