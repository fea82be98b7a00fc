// Looks after the certificates of a server. In the thread that binds it warns of certificates that are not
// valid now, watches their files, and logs the result of reading them again. A shard only reads its
// certificates when the main thread says so.

import { caught } from "../io/platform.ts";
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

  /** @param tls holds the certificates
   * @param shards other threads that serve with them; undefined except in mode "sharded"
   * @param isShared whether this is the thread of a shard
   * @param log takes warnings, and the result of reading again */
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

  /** Warns of invalid certificates, and watches the files if `reloadOnChange` is set. */
  start(): void {
    if (this.#isShared()) return;
    this.#warn();
    if (this.#tls.settings.reloadOnChange !== true) return;
    const reload = () => void caught(this.reload(), () => {}); // reload() has logged it
    this.#watch = new FileWatch(this.#tls.files, reload, systemClock);
  }

  /** Stops watching the files. */
  stop(): void {
    this.#watch?.stop();
  }

  /** Reads certificates and private keys again, in every thread.
   *
   * @throws {CertificateError} when a file cannot be used; the old certificates stay in force then */
  async reload(): Promise<void> {
    if (this.#isShared()) return this.#tls.reload(); // the main thread logs the result
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
