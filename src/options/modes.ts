// The places where handlers can run, and the forms in which an application can be given.

/** The form in which an application is given: a module that any thread can load, a value of this
 * thread, or several applications of both forms. */
export type AppKind = "module" | "value" | "mixed";

/** Where handlers run. */
export type Mode = "inline" | "pool" | "sharded";
