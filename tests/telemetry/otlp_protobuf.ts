// Reads the spans of an OTLP message in protobuf (ExportTraceServiceRequest of opentelemetry-proto): no more of
// it than the tests ask for.

/** A span, as in OTLP's JSON. */
export interface ProtobufSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, unknown>>;
  }[];
  readonly status: { readonly code: number };
}

/** The fields of a message: a number of a field, and its value; octets of text and of messages. */
type Fields = readonly (readonly [number: number, value: Uint8Array | bigint])[];

/** Reads all spans of a message. */
export function spansOf(message: Uint8Array): ProtobufSpan[] {
  const resources = messages(fieldsOf(message), 1);
  return resources.flatMap((resource) => messages(resource, 2))
    .flatMap((scope) => messages(scope, 2))
    .map((span) => ({
      traceId: hex(span, 1),
      spanId: hex(span, 2),
      parentSpanId: hex(span, 4),
      name: text(span, 5),
      kind: number(span, 6),
      attributes: messages(span, 9).map((attribute) => ({
        key: text(attribute, 1),
        value: valueOf(messages(attribute, 2)[0]),
      })),
      status: { code: number(messages(span, 15)[0] ?? [], 3) },
    }));
}

function valueOf(value: Fields): Record<string, unknown> {
  const isNumber = value[0][0] === 3;
  return isNumber ? { intValue: String(value[0][1]) } : { stringValue: text(value, 1) };
}

function messages(fields: Fields, wanted: number): Fields[] {
  return fields.filter(([number]) => number === wanted)
    .map(([, value]) => fieldsOf(value as Uint8Array));
}

function octets(fields: Fields, wanted: number): Uint8Array {
  return fields.find(([number]) => number === wanted)?.[1] as Uint8Array ?? new Uint8Array();
}

function text(fields: Fields, wanted: number): string {
  return new TextDecoder().decode(octets(fields, wanted));
}

function hex(fields: Fields, wanted: number): string {
  return octets(fields, wanted).toHex();
}

function number(fields: Fields, wanted: number): number {
  return Number(fields.find(([number]) => number === wanted)?.[1] ?? 0);
}

/** Splits a message by the wire format: varints, 8 and 4 octets, and octets behind their number. */
function fieldsOf(message: Uint8Array): Fields {
  const fields: [number, Uint8Array | bigint][] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const octet = message[at++];
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const kind = tag & 7;
    if (kind === 0) {
      fields.push([tag >> 3, varint()]);
      continue;
    }
    const size = kind === 1 ? 8 : kind === 5 ? 4 : Number(varint());
    fields.push([tag >> 3, message.subarray(at, at += size)]);
  }
  return fields;
}
