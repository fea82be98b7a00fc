// The rules for response heads of applications. The writer of heads applies them octet by octet; code
// that passes a head on checks it field by field, before the head reaches the writer.

import { TOKEN } from "./grammar.ts";

/** Throws unless the status is that of a final response. */
export function expectFinalStatus(status: number): void {
  if (Number.isInteger(status) && status >= 200 && status <= 999) return;
  throw new TypeError(`Cannot send response: expected status 200 to 999, got ${status}`);
}

/** Throws unless the status is that of an interim response which an application may send
 * (RFC 9110 §15.2). */
export function expectInterimStatus(status: number): void {
  if (Number.isInteger(status) && status >= 100 && status <= 199 && status !== 101) return;
  throw new TypeError(`Cannot send interim response: expected status 1xx but 101, got ${status}`);
}

/** Throws if a reason phrase cannot be sent. */
export function expectPhrase(phrase: string): void {
  for (let i = 0; i < phrase.length; i++) {
    if (!isValueOctet(phrase.charCodeAt(i))) failForbiddenOctet("reason phrase", phrase);
  }
}

/** Throws if a field cannot be sent. A field that the server drops may have any value.
 *
 * @param declared length that an earlier line declared
 * @returns the length that is declared now */
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

/** Throws if a field cannot be sent as it is. */
export function expectCopiedField(name: string, value: string): void {
  if (name.length === 0) failEmptyName();
  for (let i = 0; i < name.length; i++) {
    if (!isNameOctet(name.charCodeAt(i))) failForbiddenOctet("field name", name);
  }
  for (let i = 0; i < value.length; i++) {
    if (!isValueOctet(value.charCodeAt(i))) failForbiddenOctet(`field ${name}`, value);
  }
}

/** Takes the fields that may follow content: those that only the server sends are left out.
 *
 * @throws {TypeError} when one cannot be sent */
export function trailerFields(fields: Iterable<readonly [string, string]>): [string, string][] {
  const kept: [string, string][] = [];
  for (const [name, value] of fields) {
    expectCopiedField(name, value);
    if (managedField(name) === undefined) kept.push([name, value]);
  }
  return kept;
}

/** Fields that are not simply copied. Only the server sends hop-by-hop fields (RFC 9110 §7.6.1). */
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

/** Reads the length that an application declares.
 *
 * @param value value of a Content-Length line
 * @param earlier length that an earlier line declared */
export function parseDeclaredLength(value: string, earlier: number | undefined): number {
  const length = /^[0-9]{1,16}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(length) || (earlier !== undefined && earlier !== length)) {
    throw new TypeError(
      `Cannot send Content-Length: expected one decimal number, got ${JSON.stringify(value)}`,
    );
  }
  return length;
}

/** Whether an octet is allowed in a field value or a reason phrase (RFC 9110 §5.5). */
export function isValueOctet(code: number): boolean {
  return code < 0x20 ? code === 0x09 : code !== 0x7f && code <= 0xff;
}

/** Whether an octet is allowed in a field name. */
export function isNameOctet(code: number): boolean {
  return code <= 0xff && TOKEN[code] === 1;
}

/** Throws the error for a text with a forbidden octet. */
export function failForbiddenOctet(what: string, text: string): never {
  throw new TypeError(
    `Cannot send ${what}: it holds an octet that RFC 9110 §5.5 forbids, got ${
      JSON.stringify(text.slice(0, 64))
    }`,
  );
}

/** Throws the error for a field without a name. */
export function failEmptyName(): never {
  throw new TypeError("Cannot send field: its name is empty");
}
