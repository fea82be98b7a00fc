// What the server needs of a connected socket, and nothing more. A `Deno.Conn` is one as it stands; a
// test gives two ends of a pipe in memory. The web stream getters of a `Deno.Conn` are left out on
// purpose: reaching the end of `conn.readable` closes both directions, and a half-closed client must
// still get its answer.

/** A connected, two-way stream of octets. */
export interface ByteStream {
  /** Reads what has arrived, at most `target.length` octets; `null` when the peer sends no more. */
  read(target: Uint8Array): Promise<number | null>;
  /** Writes a first part of `data` and tells how many octets of it were taken. */
  write(data: Uint8Array): Promise<number>;
  /** Tells the peer that nothing more will be sent; reading goes on. */
  closeWrite(): Promise<void>;
  /** Closes both directions; a waiting read or write is rejected. */
  close(): void;
}
