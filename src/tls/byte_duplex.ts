// A stream of octets as `node:tls` takes its transport. Its reads are made one at a time and while they
// are wanted, so that what nobody reads stays in the kernel. They are held back here, below TLS: a socket
// of Deno's `node:tls` that is paused never tells of the end of its connection.

import type { Duplex } from "node:stream";
import type { ByteStream } from "../io/byte_stream.ts";
import { builtin } from "./node_modules.ts";

/** A handshake fits; a connection that brings more gets more at a time. */
const FIRST_READ = 4 * 1024;
/** Four of the longest records of TLS. */
const LARGEST_READ = 64 * 1024;

/** A transport, and the hand on it. */
export interface ByteDuplex {
  readonly duplex: Duplex;
  /** Octets that were given to the stream. */
  readonly sent: number;
  /** Says whether more should be read from the stream, which is so at first. */
  want(more: boolean): void;
}

/** Makes a transport of a stream.
 *
 * @param stream closed when the transport is destroyed
 * @returns the transport; it emits no error that nobody listens to */
export function byteDuplex(stream: ByteStream): ByteDuplex {
  let storage = new Uint8Array(FIRST_READ);
  let sent = 0;
  let wanted = true;
  let asked = false;
  const read = () => {
    asked = false;
    stream.read(storage).then((count) => {
      if (count === null) return void duplex.push(null);
      const octets = storage.slice(0, count);
      if (count === storage.length && count < LARGEST_READ) {
        storage = new Uint8Array(Math.min(LARGEST_READ, count * 4));
      }
      duplex.push(octets);
    }).catch((error) => void duplex.destroy(error));
  };
  const duplex = new (builtin("node:stream").Duplex)({
    allowHalfOpen: true,
    read() {
      asked = true;
      if (wanted) read();
    },
    write(octets: Uint8Array, _encoding, done) {
      sent += octets.length;
      writeAll(stream, octets).then(() => done(), done);
    },
    final(done) {
      stream.closeWrite().then(() => done(), done);
    },
    destroy(error, done) {
      try {
        stream.close();
      } catch {
        // It is closed already.
      }
      done(error);
    },
  });
  // Whoever speaks TLS over it learns of errors from TLS.
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

/** Writes all octets, however few the stream takes at once. */
export async function writeAll(stream: ByteStream, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += await stream.write(octets.subarray(at));
}
