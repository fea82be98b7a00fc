// The error for content that exceeds a size limit.

import { ProtocolError } from "./protocol_error.ts";

/** The content of a request is larger than the application or the server allows. */
export class MaxSizeExceededError extends ProtocolError {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "MaxSizeExceededError";
  /** Largest size that is allowed, in octets. */
  readonly maxSize: number;

  /** Makes the error for an exceeded limit.
   *
   * @param maxSize largest size that is allowed, in octets */
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
