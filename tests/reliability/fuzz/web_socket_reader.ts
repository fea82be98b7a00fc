// A second reading of RFC 6455 §5 and RFC 7692 §6, of all octets at once, for comparison. It shares no code with
// the server.

import { constants, inflateRawSync } from "node:zlib";

/** What a client has sent: texts such as `text hello` and `binary 1,2`; the code of an error last. */
export function readFrames(
  octets: Uint8Array,
  { limit, deflate }: { limit: number; deflate: boolean },
): { events: string[]; end: "open" | "partial" | "closed" | "error" | "faulty" } {
  const events: string[] = [];
  let message: { opcode: number; deflated: boolean; octets: number[] } | undefined;
  const error = (code: number) => {
    events.push(`error ${code}`);
    return { events, end: "error" as const };
  };
  for (let at = 0; at < octets.length;) {
    const first = octets[at];
    const [fin, rsv1, rsv23, opcode] = [first >> 7, first >> 6 & 1, first >> 4 & 3, first & 15];
    const isControl = opcode > 7;
    // Rules of the first octet hold before the rest has come.
    if (rsv23 !== 0) return error(1002);
    if (rsv1 === 1 && !(deflate && (opcode === 1 || opcode === 2))) return error(1002);
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return error(1002);
    if (isControl && fin === 0) return error(1002);
    if (opcode === 0 && message === undefined) return error(1002);
    if ((opcode === 1 || opcode === 2) && message !== undefined) return error(1002);
    if (at + 1 >= octets.length) return { events, end: "partial" };
    const masked = octets[at + 1] >> 7;
    let length = BigInt(octets[at + 1] & 127);
    if (masked === 0) return error(1002);
    if (isControl && length > 125n) return error(1002);
    let payloadAt = at + 2;
    if (length >= 126n) {
      const size = length === 126n ? 2 : 8;
      if (payloadAt + size > octets.length) return { events, end: "partial" };
      length = 0n;
      for (const octet of octets.subarray(payloadAt, payloadAt + size)) {
        length = length << 8n | BigInt(octet);
      }
      if (length >> 63n === 1n) return error(1002);
      if (length < (size === 2 ? 126n : 65536n)) return error(1002);
      payloadAt += size;
    }
    const deflated = rsv1 === 1 || (opcode === 0 && message!.deflated);
    const most = deflated ? limit + limit / 1024 + 64 : limit;
    const before = isControl ? 0 : message?.octets.length ?? 0;
    if (!isControl && BigInt(before) + length > BigInt(Math.floor(most))) return error(1009);
    if (payloadAt + 4 > octets.length) return { events, end: "partial" };
    const mask = octets.subarray(payloadAt, payloadAt + 4);
    payloadAt += 4;
    const end = payloadAt + Number(length);
    const payload = Array.from(octets.subarray(payloadAt, end), (octet, i) => octet ^ mask[i % 4]);
    const complete = end <= octets.length;
    at = end;
    if (isControl) {
      if (!complete) return { events, end: "partial" };
      if (opcode === 8) {
        const close = readClose(payload);
        if (typeof close === "number") return error(close);
        events.push(close);
        return { events, end: "closed" };
      }
      events.push(`${opcode === 9 ? "ping" : "pong"} ${payload}`);
      continue;
    }
    message ??= { opcode, deflated, octets: [] };
    message.octets.push(...payload);
    const last = complete && fin === 1;
    // What cannot become UTF-8 any more is an error at once, but only within a fragmented or incomplete message
    // that is not deflated.
    if (message.opcode === 1 && !message.deflated && !isUtf8(message.octets, !last)) {
      return error(1007);
    }
    if (!complete) return { events, end: "partial" };
    if (!last) continue;
    let content = Uint8Array.from(message.octets);
    if (message.deflated) {
      // RFC 7692 §7.2.2: with the tail that the client has left out. It changes nothing behind a whole block; what
      // a client means with less than that, readers may see differently.
      const inflated = inflateAll([...content, 0, 0, 0xff, 0xff]);
      if (inflated?.join() !== inflateAll([...content])?.join()) return { events, end: "faulty" };
      if (inflated === undefined) return error(1007);
      if (inflated.length > limit) return error(1009);
      content = Uint8Array.from(inflated);
    }
    if (message.opcode === 1) {
      if (!isUtf8([...content], false)) return error(1007);
      events.push(`text ${new TextDecoder("utf-8", { ignoreBOM: true }).decode(content)}`);
    } else events.push(`binary ${content}`);
    message = undefined;
  }
  return { events, end: message === undefined ? "open" : "partial" };
}

function readClose(payload: number[]): string | number {
  if (payload.length === 0) return "close 1005 ";
  if (payload.length === 1) return 1002;
  const code = payload[0] * 256 + payload[1];
  const registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  if (!registered.includes(code) && (code < 3000 || code > 4999)) return 1002;
  const reason = payload.slice(2);
  if (!isUtf8(reason, false)) return 1007;
  return `close ${code} ${
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(reason))
  }`;
}

function inflateAll(octets: readonly number[]): Uint8Array | undefined {
  try {
    return inflateRawSync(Uint8Array.from(octets), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

/** Whether octets are UTF-8 by the table of RFC 3629 §4, or can become so when more follow. */
function isUtf8(octets: readonly number[], more: boolean): boolean {
  for (let at = 0; at < octets.length;) {
    const first = octets[at++];
    if (first < 0x80) continue;
    const ranges = tailsOf(first);
    if (ranges === undefined) return false;
    for (const [low, high] of ranges) {
      if (at >= octets.length) return more;
      if (octets[at] < low || octets[at] > high) return false;
      at++;
    }
  }
  return true;
}

type Range = readonly [low: number, high: number];
const TAIL: Range = [0x80, 0xbf];

function tailsOf(first: number): readonly Range[] | undefined {
  if (first >= 0xc2 && first <= 0xdf) return [TAIL];
  if (first === 0xe0) return [[0xa0, 0xbf], TAIL];
  if (first === 0xed) return [[0x80, 0x9f], TAIL];
  if (first >= 0xe1 && first <= 0xef) return [TAIL, TAIL];
  if (first === 0xf0) return [[0x90, 0xbf], TAIL, TAIL];
  if (first >= 0xf1 && first <= 0xf3) return [TAIL, TAIL, TAIL];
  if (first === 0xf4) return [[0x80, 0x8f], TAIL, TAIL];
  return undefined;
}
