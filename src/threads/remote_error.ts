// An error that was thrown on the other side of the wire, of which only the text has come over.

/** An error that a worker described. */
export class RemoteError extends Error {
  /** @param description the other side's stack, or another text */
  constructor(description: string) {
    const end = description.indexOf("\n");
    super(end < 0 ? description : description.slice(0, end));
    // This side's own stack says nothing about it.
    Object.defineProperty(this, "name", { value: "RemoteError", enumerable: false });
    this.stack = description;
  }

  /** The first line of the text: it names the error of the other side, where it is one. */
  override toString(): string {
    return this.message;
  }
}
