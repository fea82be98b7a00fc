// An unchanged Django is served: its database layer and its login work without any setting for this server.
// It is Debian's package for Python 3.11.

import { assertEquals } from "@std/assert";
import { PYTHON_KINDS, pythonSite } from "./python_site.ts";

const PACKAGES = "/usr/lib/python3/dist-packages";
const missing = ["django", "asgiref", "sqlparse"].filter((name) => !exists(`${PACKAGES}/${name}`))
  .join(", ");

for (const { name, python, ignore } of PYTHON_KINDS) {
  Deno.test(
    `${name}: a user of Django's database logs in${missing && ` (missing: ${missing})`}`,
    { ignore: ignore || missing !== "" },
    () => logIn(python),
  );
}

async function logIn(python: string): Promise<void> {
  const database = await Deno.makeTempFile();
  Deno.env.set("SITE_DATABASE", database);
  try {
    await using site = await pythonSite("django_site.py", {
      python,
      pythonPath: python === "embedded" ? [PACKAGES] : [],
    });
    const ask = (path: string, cookie = "") => fetch(site.url + path, { headers: { cookie } });
    const wrong = await ask("/login?name=ada&password=wrong");
    assertEquals([wrong.status, await wrong.text()], [403, "unknown"]);
    const login = await ask("/login?name=ada&password=difference+engine");
    assertEquals([login.status, await login.text()], [200, "welcome"]);
    const cookie = login.headers.get("set-cookie")!.split(";")[0];
    assertEquals(await (await ask("/me", cookie)).text(), "ada");
    assertEquals(await (await ask("/me")).text(), "nobody");
    assertEquals(site.log, []);
  } finally {
    Deno.env.delete("SITE_DATABASE");
    await Deno.remove(database);
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
