// An unchanged Django is served: its database layer, its login, its admin and its uploads work without any setting
// for this server. It is Debian's package for Python 3.11.

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Site } from "../support/site.ts";
import { PYTHON_KINDS, pythonSite } from "./python_site.ts";

const PACKAGES = "/usr/lib/python3/dist-packages";
const missing = ["django", "asgiref", "sqlparse"].filter((name) => !exists(`${PACKAGES}/${name}`))
  .join(", ");

for (const { name, python, ignore } of PYTHON_KINDS) {
  Deno.test(
    `${name}: Django's login, admin and uploads${missing && ` (missing: ${missing})`}`,
    { ignore: ignore || missing !== "" },
    (t) => useDjango(python, t),
  );
}

async function useDjango(python: string, t: Deno.TestContext): Promise<void> {
  const database = await Deno.makeTempFile();
  Deno.env.set("SITE_DATABASE", database);
  try {
    await using site = await pythonSite("django_site.py", {
      python,
      pythonPath: python === "embedded" ? [PACKAGES] : [],
    });
    await t.step("a user of its database logs in", () => logIn(site));
    if (python !== "embedded") { // templates of Django 3.2 fail on Python 3.14
      await t.step("its admin: a form, its token, a new user", () => useAdmin(site));
    }
    await t.step("a file in memory, and one that is large", () => upload(site));
    assertEquals(site.log, []);
  } finally {
    Deno.env.delete("SITE_DATABASE");
    await Deno.remove(database);
  }
}

async function logIn(site: Site): Promise<void> {
  const ask = (path: string, cookie = "") => fetch(site.url + path, { headers: { cookie } });
  const wrong = await ask("/login?name=ada&password=wrong");
  assertEquals([wrong.status, await wrong.text()], [403, "unknown"]);
  const login = await ask("/login?name=ada&password=difference+engine");
  assertEquals([login.status, await login.text()], [200, "welcome"]);
  const cookie = /sessionid=\w+/.exec(login.headers.get("set-cookie")!)![0];
  assertEquals(await (await ask("/me", cookie)).text(), "ada");
  assertEquals(await (await ask("/me")).text(), "nobody");
}

/** Goes through the admin as a browser does. */
async function useAdmin(site: Site): Promise<void> {
  const cookies = new Map<string, string>();
  const ask = async (path: string, body?: Record<string, string>) => {
    const response = await fetch(`${site.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
      ...(body && { body: new URLSearchParams(body) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name, value);
    }
    const { status, headers } = response;
    return { status, location: headers.get("location"), text: await response.text() };
  };
  const send = async (path: string, fields: Record<string, string>) => {
    const { text } = await ask(path);
    const token = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(text)![1];
    return await ask(path, { ...fields, csrfmiddlewaretoken: token });
  };
  assertEquals((await ask("/admin/")).location, "/admin/login/?next=/admin/");
  const login = { username: "ada", password: "difference engine", next: "/admin/" };
  assertEquals((await ask("/admin/login/", login)).status, 403); // without the token
  assertEquals((await send("/admin/login/", login)).location, "/admin/");
  assertStringIncludes((await ask("/admin/")).text, "Site administration");
  const password = "note G of 1843";
  const user = { username: "babbage", password1: password, password2: password };
  const added = await send("/admin/auth/user/add/", user);
  assertEquals([added.status, added.location], [302, "/admin/auth/user/2/change/"]);
  assertStringIncludes((await ask("/admin/auth/user/")).text, "babbage");
}

async function upload(site: Site): Promise<void> {
  for (
    const [size, kept] of [
      [1_000, "InMemoryUploadedFile"],
      [4_000_000, "TemporaryUploadedFile"],
    ] as const
  ) {
    const content = new Uint8Array(size).map((_, i) => i % 251);
    const body = new FormData();
    body.append("note", "ü");
    body.append("file", new File([content], "naïve.bin"));
    const response = await fetch(`${site.url}/upload`, { method: "POST", body });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
    assertEquals(await response.json(), ["naïve.bin", size, digest, kept, "ü"]);
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
