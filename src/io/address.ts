/** Address of one end of a connection: TCP with `hostname` and `port`, or a UNIX socket with `path`. */
export type Address = Deno.Addr;
