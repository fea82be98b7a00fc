// Paths and their prefixes: rows for the table alone, for real sockets, and for Cheroot's own dispatcher.

/** A path and the place that it leads to. */
export interface PathRow {
  /** What is mounted. */
  readonly prefixes: readonly string[];
  /** The path as it is sent. */
  readonly path: string;
  /** The prefix that it leads to, without a slash at its end, and what of the path this takes; undefined
   * where the response is 404. */
  readonly place: { readonly prefix: string; readonly mountPath: string } | undefined;
}

const blog = ["/blog"];
const all = ["/", "/blog", "/blog/archive", "/caf\u00e9", "/my files"];

export const PATH_ROWS: readonly PathRow[] = [
  // Segments are respected.
  row(blog, "/blog", "/blog"),
  row(blog, "/blog/", "/blog"),
  row(blog, "/blog/today", "/blog"),
  row(blog, "/blog//today", "/blog"),
  nowhere(blog, "/blogger"),
  nowhere(blog, "/blog."),
  nowhere(blog, "/blo"),
  nowhere(blog, "/"),
  nowhere(blog, "/x/blog"),
  nowhere(blog, "//blog"),
  nowhere(blog, "/BLOG"),
  // A slash at the end of a prefix says nothing.
  row(["/blog/"], "/blog", "/blog"),
  row(["/blog//"], "/blog/today", "/blog"),
  nowhere(["/blog/"], "/blogger"),
  // The longest prefix wins, in any order of the prefixes.
  row(all, "/blog/archive", "/blog/archive"),
  row(all, "/blog/archive/1", "/blog/archive"),
  row(all, "/blog/archives", "/blog"),
  row(all.toReversed(), "/blog/archive/1", "/blog/archive"),
  // The root takes what is left.
  row(all, "/", ""),
  row(all, "/blogger", ""),
  row(all, "//blog", ""),
  row([""], "/x", ""),
  row(["/"], "/x", ""),
  row(["//"], "/x", ""),
  // Percent-encodings are decoded before, in either case, and those that are none are not.
  row(all, "/%62log", "/blog", "/%62log"),
  row(all, "/%62%6c%6F%67/today", "/blog", "/%62%6c%6F%67"),
  row(all, "/blog/%61rchive/1", "/blog/archive", "/blog/%61rchive"),
  row(all, "/blog%zz", ""),
  row(all, "/blog%", ""),
  row(all, "/blog/%zz", "/blog", "/blog"),
  row(all, "/%2562log", ""),
  row(all, "/caf%C3%A9/x", "/caf\u00e9", "/caf%C3%A9"),
  row(all, "/caf%c3%a9", "/caf\u00e9", "/caf%c3%a9"),
  row(all, "/caf%E9", ""),
  row(all, "/my%20files/x", "/my files", "/my%20files"),
  row(all, "/blog%00", ""),
  // An encoded slash separates nothing.
  row(all, "/blog%2Farchive", ""),
  row(all, "/blog%2ftoday", ""),
  nowhere(blog, "/blog%2Ftoday"),
  nowhere(blog, "%2Fblog"),
  row(all, "/blog/%2Farchive", "/blog"),
  row(all, "/blog/a%2Fb", "/blog"),
  // Dot segments are segments like others.
  row(all, "/blog/../x", "/blog"),
  row(all, "/./blog", ""),
  row(all, "/x/../blog", ""),
  row(all, "/blog/%2e%2e/x", "/blog"),
];

function row(
  prefixes: readonly string[],
  path: string,
  prefix: string,
  mountPath: string = prefix,
): PathRow {
  return { prefixes, path, place: { prefix, mountPath } };
}

function nowhere(prefixes: readonly string[], path: string): PathRow {
  return { prefixes, path, place: undefined };
}
