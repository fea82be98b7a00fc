// The part of a connected socket that the server needs. A `Deno.Conn` implements it; tests use a pipe in
// memory. The web streams of a `Deno.Conn` are left out on purpose: reaching the end of `conn.readable`
// closes both directions, and a half-closed client must still get its response.

/** A connected, two-way stream of octets. */
export interface ByteStream {
  /** Reads what has arrived, at most `target.length` octets; `null` when the peer sends no more. */
  read(target: Uint8Array): Promise<number | null>;
  /** Writes a first part of `data` and returns its number of octets. */
  write(data: Uint8Array): Promise<number>;
  /** Tells the peer that nothing more will be sent; reading continues. */
  closeWrite(): Promise<void>;
  /** Closes both directions; a pending read or write rejects. */
  close(): void;
}
