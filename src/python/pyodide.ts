// Which CPython? The one place that names the package and its version; fully qualified, so that it is
// found from any URL. Outside of this folder nobody imports it: the graph of mod.ts has no packages.

import type { PyodideAPI } from "npm:pyodide@314.0.7";

export { loadPyodide } from "npm:pyodide@314.0.7";
export type { PyBuffer, PyBufferView } from "npm:pyodide@314.0.7/ffi";

/** The interpreter's own file system. */
export type FileSystem = PyodideAPI["FS"];
