// The error for an exception of a Python application. Only its traceback is useful outside of the
// interpreter.

/** An exception of a Python application, with Python's traceback as its stack. */
export class PythonError extends Error {
  /** Makes the error.
   *
   * @param traceback the traceback as Python prints it */
  constructor(traceback: string) {
    const text = traceback.trimEnd();
    super(text.slice(text.lastIndexOf("\n") + 1));
    Object.defineProperty(this, "name", { value: "PythonError", enumerable: false });
    this.stack = text;
  }
}
