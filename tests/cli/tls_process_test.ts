// TLS on the command line: its output, its exit codes, and SIGHUP.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ask } from "../tls/tls_clients.ts";
import { noPki, Pki } from "../tls/pki.ts";
import { Cli, fixture } from "./cli_process.ts";

function test(name: string, fn: () => Promise<void>): void {
  const suffix = noPki === undefined ? "" : ` (${noPki})`;
  Deno.test({ name: name + suffix, ignore: noPki !== undefined, fn });
}

const words = (files: { tlsCertificate: string; tlsPrivateKey: string }) => [
  ...["--tls-certificate", files.tlsCertificate, "--tls-private-key", files.tlsPrivateKey],
];

/** Waits for the URL of the server and returns its port. */
async function portOf(cli: Cli): Promise<number> {
  const url = await cli.waitFor(/^robusto: listening on (https:\/\/127\.0\.0\.1:[1-9][0-9]*\/)\n/m);
  return Number(new URL(url).port);
}

for (const mode of ["inline", "pool"]) {
  test(`${mode}: the command line speaks TLS, and SIGHUP reads certificates again`, async () => {
    const files = Pki.shared.copy("server");
    await using cli = new Cli(
      ...[fixture("apps.ts"), "--port", "0", "--mode", mode],
      ...words(files),
    );
    const port = await portOf(cli);
    assertEquals((await ask(port)).shown, "localhost");
    Pki.shared.replace(files, "renewed");
    cli.signal("SIGHUP");
    await cli.waitFor(/info certificates-reloaded: Reloaded certificates/);
    const response = await ask(port);
    assertEquals([response.text, response.shown], ["Hello world!", "renewed"]);

    Deno.removeSync(files.tlsPrivateKey);
    cli.signal("SIGHUP");
    await cli.waitFor(/error certificates-refused: Cannot reload certificates, the old ones stay/);
    assertEquals((await ask(port)).shown, "renewed");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  });
}

const refused: [name: string, words: () => string[], message: RegExp][] = [
  [
    "a missing file",
    () => ["--tls-certificate=/nowhere/a.crt", `--tls-private-key=${Pki.shared.key("server")}`],
    /^robusto: Cannot read certificate file "\/nowhere\/a.crt": No such file/m,
  ],
  [
    "the key of another certificate",
    () => words({ ...Pki.shared.files(), tlsPrivateKey: Pki.shared.key("second") }),
    /^robusto: Cannot use private key ".*second.key": it is not the one of the certificate/m,
  ],
  [
    "a key that is too short",
    () =>
      words({
        tlsCertificate: Pki.shared.certificate("short"),
        tlsPrivateKey: Pki.shared.key("short"),
      }),
    /^robusto: Cannot use certificate ".*short.crt" with an RSA key of 1024 bits: .*too small/m,
  ],
  [
    "an encrypted key",
    () => words({ ...Pki.shared.files(), tlsPrivateKey: Pki.shared.key("encrypted") }),
    /it is encrypted, expected a password/,
  ],
  ["half a pair", () => ["--tls-certificate=a.crt"], /--tls-certificate without --tls-private-key/],
];
for (const [name, args, message] of refused) {
  test(`the command line ends with 2 at ${name}`, async () => {
    await using cli = new Cli(fixture("apps.ts"), "--port", "0", ...args());
    assertEquals((await cli.waitForEnd()).code, 2);
    assertMatch(cli.stderr, message);
    assert(!/listening/.test(cli.stderr));
  });
}

test("--print-config shows the path of a key, and no key", async () => {
  const config = `${Pki.shared.folder}/config.json`;
  const { cert, key } = Pki.shared.pem();
  Deno.writeTextFileSync(config, JSON.stringify({ tlsCertificate: cert, tlsPrivateKey: key }));
  await using cli = new Cli("--config", config, "--tls-min-version=TLSv1.3", "--print-config");
  const { code, stdout } = await cli.waitForEnd();
  assertEquals(code, 0, cli.stderr);
  const shown = JSON.parse(stdout);
  assertEquals(shown.tlsMinVersion, { value: "TLSv1.3", source: "flag" });
  assertEquals(shown.tlsPrivateKey, { value: "a text in PEM", source: "config file" });
  assertEquals(shown.tlsCiphers, undefined);
});
