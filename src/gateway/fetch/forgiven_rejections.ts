// Reasons by which the server cancels the stream of a response. What an application writes into a cancelled
// stream is rejected with the same reason, and few applications handle that. Such a rejection must not end
// the process, which any client could bring about by HEAD or by leaving.

const reasons = new WeakSet<object>();
let listening = false;

/** Has rejections with a reason end no process if they are not handled.
 *
 * @param reason why the server cancels a stream
 * @returns the reason */
export function forgiven(reason: unknown): unknown {
  if (typeof reason === "object" && reason !== null) reasons.add(reason);
  if (!listening) {
    listening = true;
    addEventListener("unhandledrejection", (event) => {
      const { reason } = event;
      if (typeof reason === "object" && reason !== null && reasons.has(reason)) {
        event.preventDefault();
      }
    });
  }
  return reason;
}
