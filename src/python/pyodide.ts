// Names the package of CPython and its version. The specifier is fully qualified, so that it works from any
// URL. Only this folder imports it, because the module graph of mod.ts must have no packages.

import type { PyodideAPI } from "npm:pyodide@314.0.7";

export { loadPyodide } from "npm:pyodide@314.0.7";
export type { PyBuffer, PyBufferView } from "npm:pyodide@314.0.7/ffi";

/** The file system of the interpreter. */
export type FileSystem = PyodideAPI["FS"];
