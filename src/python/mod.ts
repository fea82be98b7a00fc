/** Python WSGI applications, served by CPython in WebAssembly. An entry of its own: it takes a package,
 * and the graph of `mod.ts` has none.
 *
 * A server loads it by itself when its application is a module whose name ends in `.py`; see
 * docs/python.md.
 *
 * @module */

export { loadPython, type PythonApplication } from "./python_application.ts";
export { PythonError } from "./python_error.ts";
