// What was thrown on the other side of the wire, of which only the text has come over.

/** An error that a worker described. */
export class RemoteError extends Error {
  /** @param description the other side's stack, or what could be said instead */
  constructor(description: string) {
    const end = description.indexOf("\n");
    super(end < 0 ? description : description.slice(0, end));
    // Only the text is of any use; nothing of this side belongs to it.
    Object.defineProperty(this, "name", { value: "RemoteError", enumerable: false });
    this.stack = description;
  }
}
