// Bounds the messages of a thread's sockets that have come in part. The limit on one message bounds a socket
// only: a client with thousands of sockets could fill the memory with halves of messages.

/** A thread keeps the octets of so many messages of the largest size. More clients than that rarely send large
 * messages in the same moment. */
const LARGEST_MESSAGES = 64;

/** What has a part of a message. */
export interface PartHolder {
  /** Drops the part and ends: it has waited longest, and there is no room. */
  giveUpMessage(): void;
}

/** The octets of each, in the order in which their messages began. */
const holders = new Map<PartHolder, number>();
let inAll = 0;

/** Notes how much of a message a holder keeps. The oldest ones are given up while all together have too much.
 *
 * @param holder what has it
 * @param octets how much; 0 when the message is complete or dropped
 * @param maxMessage octets of the largest message */
export function notePart(holder: PartHolder, octets: number, maxMessage: number): void {
  replace(holder, octets);
  for (const each of holders.keys()) {
    if (inAll <= LARGEST_MESSAGES * maxMessage) return;
    replace(each, 0);
    each.giveUpMessage();
  }
}

function replace(holder: PartHolder, octets: number): void {
  inAll += octets - (holders.get(holder) ?? 0);
  if (octets === 0) holders.delete(holder);
  else holders.set(holder, octets);
}
