// What a Python application raised: the traceback is all that is of use outside of the interpreter.

/** An exception of an application, with Python's own traceback in place of a stack. */
export class PythonError extends Error {
  /** Makes the error.
   *
   * @param traceback the text that Python prints of it */
  constructor(traceback: string) {
    const text = traceback.trimEnd();
    super(text.slice(text.lastIndexOf("\n") + 1));
    Object.defineProperty(this, "name", { value: "PythonError", enumerable: false });
    this.stack = text;
  }
}
