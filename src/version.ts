// The version that `deno.json` publishes, for the Server field and `--version`.

/** The version of this package, as published. */
export const VERSION = "0.1.0";
