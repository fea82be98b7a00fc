// The place of the checkout, for tests that read its files.

/** Root of the checkout, with a slash at its end. */
export const ROOT: URL = new URL("../../", import.meta.url);
