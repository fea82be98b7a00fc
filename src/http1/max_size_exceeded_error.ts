// What can go wrong while serving, for programs that catch it: each error tells whose fault it was by
// its class and which fault by its `code`.

import { ProtocolError } from "./protocol_error.ts";

/** The content of a request is larger than the application or the server takes. */
export class MaxSizeExceededError extends ProtocolError {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "MaxSizeExceededError";
  /** Octets that would have been taken. */
  readonly maxSize: number;

  /** Makes the error of passing a limit.
   *
   * @param maxSize octets that would have been taken */
  constructor(maxSize: number) {
    super(
      "content-too-large",
      413,
      "RFC 9110 §15.5.14",
      `Cannot read content: larger than ${maxSize} octets`,
    );
    this.maxSize = maxSize;
  }
}
