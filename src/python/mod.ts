/** Python WSGI applications, served by CPython in WebAssembly. It is a separate entry because it needs an
 * npm package, and the module graph of `mod.ts` has no packages.
 *
 * A server loads it by itself when its application is a module whose name ends in `.py`; see
 * docs/python.md.
 *
 * @module */

export { loadPython, type PythonApplication } from "./python_application.ts";
export { PythonError } from "./python_error.ts";
