// Asks the system which processes are at the other ends of the connections of a UNIX socket (SO_PEERCRED). The
// runtime tells no descriptor of a connection, so the process's own are searched for those with the name.

import { TextEncoder } from "../../io/platform.ts";
import { isPermitted } from "../../io/permissions.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
} as const;
/** Values of Linux on the processors that Deno supports. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_ACCEPTCONN = 30;
/** `sizeof(struct sockaddr_un)`; the name follows the family, which has two octets. */
const ADDRESS_SIZE = 110;
const NAME_AT = 2;

/** Lists the processes that are connected to a name at which this process listens.
 *
 * @param name name of the socket, with a NUL in front of an abstract one
 * @returns their ids; undefined where the system cannot be asked: it needs `--allow-ffi`, `--allow-read` of
 * `/proc`, and Linux with the GNU C library */
export function connectedProcesses(name: string): number[] | undefined {
  if (Deno.build.os !== "linux" || !isPermitted({ name: "ffi", path: LIBRARY })) return undefined;
  let library: Deno.DynamicLibrary<typeof SYMBOLS>;
  let descriptors: number[];
  try {
    descriptors = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => Number(name));
    library = Deno.dlopen(LIBRARY, SYMBOLS);
  } catch {
    return undefined;
  }
  try {
    const { getsockopt } = library.symbols;
    const option = (fd: number, name: number, value: Int32Array<ArrayBuffer>) =>
      getsockopt(fd, SOL_SOCKET, name, value, new Uint32Array([value.byteLength])) === 0;
    const wanted = new TextEncoder().encode(name);
    const processes: number[] = [];
    for (const fd of descriptors) {
      if (!isNamed(library, fd, wanted)) continue;
      const listens = new Int32Array(1);
      const credentials = new Int32Array(3); // pid, uid, gid
      if (!option(fd, SO_ACCEPTCONN, listens) || listens[0] !== 0) continue;
      if (option(fd, SO_PEERCRED, credentials)) processes.push(credentials[0]);
    }
    return processes;
  } finally {
    library.close();
  }
}

function isNamed(
  { symbols }: Deno.DynamicLibrary<typeof SYMBOLS>,
  fd: number,
  name: Uint8Array,
): boolean {
  const address = new Uint8Array(ADDRESS_SIZE);
  const size = new Uint32Array([ADDRESS_SIZE]);
  if (symbols.getsockname(fd, address, size) !== 0) return false;
  const given = address.subarray(NAME_AT, size[0]);
  // The name of a file may have a NUL behind it.
  if (given.length - name.length !== 0 && given.length - name.length !== 1) return false;
  return name.every((octet, at) => octet === given[at]);
}
