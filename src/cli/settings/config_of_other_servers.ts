// Recognizes configuration files of other servers and in other languages by their names and first words, for
// the message about a file that is not JSON.

import { basename } from "node:path";

const BY_NAME: readonly (readonly [name: RegExp, kind: string])[] = [
  [/\.py$/i, "Python, as for gunicorn"],
  [/\.rb$/i, "Ruby, as for Puma"],
  [/^Caddyfile$/i, "for Caddy"],
  [/\.toml$/i, "TOML"],
  [/\.ya?ml$/i, "YAML"],
  [/\.[cm]?[jt]sx?$/i, "a program"],
  [/\.xml$/i, "XML"],
  [/\.env$/i, "a list of variables, which deno run --env-file reads"],
  [/\.(?:ini|cfg)$/i, "INI, as for uWSGI"],
];

const BY_CONTENT: readonly (readonly [content: RegExp, kind: string])[] = [
  [/^\s*(?:events|http|server|upstream\s+\S+)\s*\{/m, "for nginx"],
  [/^\s*<(?:VirtualHost|Directory|IfModule)\b/m, "for Apache"],
  [/^(?:global|defaults|frontend\s+\S+|backend\s+\S+)\s*$/m, "for HAProxy"],
  [/^\[[\w:.-]+\]\s*$/m, "INI or TOML"],
];

/** Says what a file is that cannot be read as JSON.
 *
 * @param path its path
 * @param text its text
 * @returns such as `YAML`; undefined if it seems to be meant as JSON */
export function foreignKind(path: string, text: string): string | undefined {
  const name = basename(path);
  const named = BY_NAME.find(([pattern]) => pattern.test(name));
  if (named !== undefined) return named[1];
  if (/^\s*(?:\{|\[\s*["{[]|\/[/*])/.test(text)) return undefined;
  return BY_CONTENT.find(([pattern]) => pattern.test(text))?.[1];
}
