// The application of the fuzz test of forms: responds with what the platform finds in a form, or 400.

/** Describes a form.
 *
 * @param message has the form as its content
 * @returns its fields and files; undefined when there is no form */
export async function describeForm(
  message: Request | Response,
): Promise<readonly string[][] | undefined> {
  try {
    const form = await message.formData();
    return await Promise.all(
      [...form].map(async ([name, value]) =>
        typeof value === "string"
          ? [name, value]
          : [name, value.name, value.type, [...await value.bytes()].join(" ")]
      ),
    );
  } catch {
    return undefined;
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const entries = await describeForm(request);
    return entries === undefined
      ? new Response("no form", { status: 400 })
      : Response.json(entries);
  },
};
