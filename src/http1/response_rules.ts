// What may the head of an answer hold? The rules for what an application gives: asked octet by octet
// where the head is written, and field by field where it is on its way there.

import { TOKEN } from "./grammar.ts";

/** Refuses a status that no final answer has. */
export function expectFinalStatus(status: number): void {
  if (Number.isInteger(status) && status >= 200 && status <= 999) return;
  throw new TypeError(`Cannot send response: expected status 200 to 999, got ${status}`);
}

/** Refuses a status that no interim response has, or that is not an application's (RFC 9110 §15.2). */
export function expectInterimStatus(status: number): void {
  if (Number.isInteger(status) && status >= 100 && status <= 199 && status !== 101) return;
  throw new TypeError(`Cannot send interim response: expected status 1xx but 101, got ${status}`);
}

/** Refuses a reason phrase that cannot be sent. */
export function expectPhrase(phrase: string): void {
  for (let i = 0; i < phrase.length; i++) {
    if (!isValueOctet(phrase.charCodeAt(i))) failForbiddenOctet("reason phrase", phrase);
  }
}

/** Refuses a field that cannot be sent; those that are not sent may hold anything.
 *
 * @param declared length that a line before it declared
 * @returns the length that has been declared by now */
export function expectField(
  name: string,
  value: string,
  declared: number | undefined,
): number | undefined {
  switch (managedField(name)) {
    case "content-length":
      return parseDeclaredLength(value, declared);
    case "connection":
    case "dropped":
      return declared;
  }
  expectCopiedField(name, value);
  return declared;
}

/** Refuses a field that cannot be sent as it is. */
export function expectCopiedField(name: string, value: string): void {
  if (name.length === 0) failEmptyName();
  for (let i = 0; i < name.length; i++) {
    if (!isNameOctet(name.charCodeAt(i))) failForbiddenOctet("field name", name);
  }
  for (let i = 0; i < value.length; i++) {
    if (!isValueOctet(value.charCodeAt(i))) failForbiddenOctet(`field ${name}`, value);
  }
}

/** Fields that are not simply copied. Hop-by-hop ones are the server's alone (RFC 9110 §7.6.1). */
export function managedField(
  name: string,
): "content-length" | "connection" | "date" | "server" | "dropped" | undefined {
  switch (name.length) {
    case 4:
      return /^date$/i.test(name) ? "date" : undefined;
    case 6:
      return /^server$/i.test(name) ? "server" : undefined;
    case 10:
      if (/^connection$/i.test(name)) return "connection";
      return /^keep-alive$/i.test(name) ? "dropped" : undefined;
    case 14:
      return /^content-length$/i.test(name) ? "content-length" : undefined;
    case 16:
      return /^proxy-connection$/i.test(name) ? "dropped" : undefined;
    case 17:
      return /^transfer-encoding$/i.test(name) ? "dropped" : undefined;
    default:
      return undefined;
  }
}

/** Length that an application declares.
 *
 * @param value of a Content-Length line
 * @param earlier what a line before it declared */
export function parseDeclaredLength(value: string, earlier: number | undefined): number {
  const length = /^[0-9]{1,16}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(length) || (earlier !== undefined && earlier !== length)) {
    throw new TypeError(
      `Cannot send Content-Length: expected one decimal number, got ${JSON.stringify(value)}`,
    );
  }
  return length;
}

/** Whether an octet may stand in a field value or a reason phrase (RFC 9110 §5.5). */
export function isValueOctet(code: number): boolean {
  return code < 0x20 ? code === 0x09 : code !== 0x7f && code <= 0xff;
}

/** Whether an octet may stand in a field name. */
export function isNameOctet(code: number): boolean {
  return code <= 0xff && TOKEN[code] === 1;
}

/** Refuses a text that cannot be sent. */
export function failForbiddenOctet(what: string, text: string): never {
  throw new TypeError(
    `Cannot send ${what}: it holds an octet that RFC 9110 §5.5 forbids, got ${
      JSON.stringify(text.slice(0, 64))
    }`,
  );
}

/** Refuses a field without a name. */
export function failEmptyName(): never {
  throw new TypeError("Cannot send field: its name is empty");
}
