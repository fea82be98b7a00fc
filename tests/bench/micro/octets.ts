// Helpers of the micro-benches: octets that arrive in a receive buffer, and requests as browsers send them.

import { headLimits } from "../../../src/connection/head_limits.ts";
import { ReceiveBuffer } from "../../../src/http1/receive_buffer.ts";
import type { HeadLimits, RequestHead } from "../../../src/http1/request_head.ts";
import { RequestHeadParser } from "../../../src/http1/request_head.ts";
import { resolveOptions } from "../../../src/options/resolve_options.ts";
import { requestOctets, WORKS } from "../works/works.ts";

/** The default limits of heads. */
export const LIMITS: HeadLimits = headLimits(resolveOptions());

/** The octets of a work's request without its content.
 *
 * @param name of the work */
export function headOctets(name: string): Uint8Array {
  const work = WORKS.find((each) => each.name === name)!;
  return requestOctets({ ...work, content: new Uint8Array() }, "127.0.0.1:8070");
}

/** The parsed head of a work's request.
 *
 * @param name of the work */
export function headOf(name: string): RequestHead {
  const octets = headOctets(name);
  const buffer = new ReceiveBuffer(octets.length);
  arrive(buffer, octets);
  return new RequestHeadParser(LIMITS).parse(buffer)!;
}

/** Puts octets into a buffer as a read does.
 *
 * @param buffer with enough space
 * @param octets at most the free space */
export function arrive(buffer: ReceiveBuffer, octets: Uint8Array): void {
  buffer.space().set(octets);
  buffer.commit(octets.length);
}
