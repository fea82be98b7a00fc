// Which process is at the other end of a UNIX socket, as the system vouches for it (SO_PEERCRED).

/** The process that connected to a UNIX socket, as it was at that moment. */
export interface PeerCredentials {
  /** Process id. */
  readonly pid: number;
  /** User id. */
  readonly uid: number;
  /** Group id. */
  readonly gid: number;
  /** Name of the user; undefined unless names are asked for, or when nobody has that id. */
  readonly user: string | undefined;
  /** Name of the group; undefined unless names are asked for, or when none has that id. */
  readonly group: string | undefined;
}
