// Tests that the benches notice a wrong response: every part of it is compared.

import { assertThrows } from "@std/assert";
import type { RawResponse } from "../../support/raw_client.ts";
import { checkResponse } from "./check_response.ts";

const expected = { fields: { "etag": '"1"' }, content: { json: { a: 1, b: [2] } } };

function response(changes: Partial<RawResponse>, text = '{"b": [2], "a": 1}'): RawResponse {
  return {
    protocol: "HTTP/1.1",
    status: 200,
    reason: "OK",
    fields: [["ETag", '"1"']],
    framing: "length",
    chunks: [],
    content: new TextEncoder().encode(text),
    trailers: [],
    interim: [],
    ...changes,
  };
}

Deno.test("a response with the expected parts passes, however its JSON is written", () => {
  checkResponse(response({}), expected, "work");
});

Deno.test("another status, field or content is an error that says what is different", () => {
  const check = (wrong: RawResponse, message: string) =>
    assertThrows(() => checkResponse(wrong, expected, "work"), Error, message);
  check(response({ status: 503 }), "Wrong response to work: expected status 200, got 503");
  check(response({ fields: [] }), 'expected etag "1", got undefined');
  check(response({}, '{"b": [3], "a": 1}'), "its content is");
  check(response({}, "not JSON"), "its content is");
});
