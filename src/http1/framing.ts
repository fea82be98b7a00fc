// Where does this request's content end? Given the fields of a complete head it answers once
// (RFC 9112 §6.3); later code receives the answer and never looks at the fields again.

/** How a request's content is delimited. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" };
