// The identity of the process at the other end of a UNIX socket, as the system reports it (SO_PEERCRED).

/** The process that connected to a UNIX socket, at the moment of connecting. */
export interface PeerCredentials {
  /** Process id. */
  readonly pid: number;
  /** User id. */
  readonly uid: number;
  /** Group id. */
  readonly gid: number;
  /** Name of the user; undefined unless names are requested, or if no user has that id. */
  readonly user: string | undefined;
  /** Name of the group; undefined unless names are requested, or if no group has that id. */
  readonly group: string | undefined;
}
