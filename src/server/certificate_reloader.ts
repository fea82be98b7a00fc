// Who looks after the certificates of a server? Of several threads the one that binds: it warns of those
// that are not valid now, looks whether their files change, and says what came of reading them again.
// The others only read theirs when they are told to.

import { systemClock } from "../io/clock.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { ShardGroup } from "../shard/shard_group.ts";
import { FileWatch } from "../tls/file_watch.ts";
import type { TlsAdapter } from "../tls/tls_adapter.ts";

/** Looks after the certificates of one server. */
export class CertificateReloader {
  readonly #tls: TlsAdapter;
  readonly #shards: ShardGroup | undefined;
  readonly #isShared: () => boolean;
  readonly #log: (event: LogEvent) => void;
  #watch: FileWatch | undefined;

  /** @param tls what has read the certificates
   * @param shards other threads that serve with them, where this one tells them
   * @param isShared whether another thread tells this one
   * @param log where warnings go, and what came of reading again */
  constructor(
    tls: TlsAdapter,
    shards: ShardGroup | undefined,
    isShared: () => boolean,
    log: (event: LogEvent) => void,
  ) {
    this.#tls = tls;
    this.#shards = shards;
    this.#isShared = isShared;
    this.#log = log;
  }

  /** Warns, and looks after the files if that was asked for. */
  start(): void {
    if (this.#isShared()) return;
    this.#warn();
    if (this.#tls.settings.reloadOnChange !== true) return;
    const reload = () => void this.reload().catch(() => {}); // which has logged it
    this.#watch = new FileWatch(this.#tls.files, reload, systemClock);
  }

  /** Looks after the files no longer. */
  stop(): void {
    this.#watch?.stop();
  }

  /** Reads certificates and private keys again, in every thread.
   *
   * @throws {CertificateError} when a file cannot be used; the old certificates stay in force then */
  async reload(): Promise<void> {
    if (this.#isShared()) return this.#tls.reload(); // the thread that asked tells what came of it
    try {
      this.#tls.reload();
      await this.#shards?.reloadCertificates();
    } catch (error) {
      const message = "Cannot reload certificates, the old ones stay in force";
      this.#log({ level: "error", event: "certificates-refused", message, error });
      throw error;
    }
    this.#log({ level: "info", event: "certificates-reloaded", message: "Reloaded certificates" });
    this.#warn();
  }

  #warn(): void {
    for (const message of this.#tls.warnings) {
      this.#log({ level: "warn", event: "certificate-not-valid", message });
    }
  }
}
