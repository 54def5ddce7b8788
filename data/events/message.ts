import protobuf from "protobufjs/minimal.js";

/** Wire types. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/** How values are written: a text, a message or other bytes, a whole number, or one in floating point. */
const WRITE = {
  text: (writer: protobuf.Writer, value: string) => writer.string(value),
  bytes: (writer: protobuf.Writer, value: Uint8Array) => writer.bytes(value),
  whole: (writer: protobuf.Writer, value: number) => writer.int64(value),
  float: (writer: protobuf.Writer, value: number) => writer.float(value),
  double: (writer: protobuf.Writer, value: number) => writer.double(value),
};

const WIRE = { text: BYTES, bytes: BYTES, whole: VARINT, float: FIXED32, double: FIXED64 };

type Kind = keyof typeof WRITE;

/** A field of a message of Protocol Buffers: its number, what it is, and its value. */
export type MessageField = {
  [One in Kind]: [field: number, kind: One, value: Parameters<typeof WRITE[One]>[1]];
}[Kind];

/** A message with some fields, in the encoding of Protocol Buffers. */
export function message(...fields: readonly MessageField[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [field, kind, value] of fields) {
    const write: (writer: protobuf.Writer, value: never) => unknown = WRITE[kind];
    write(writer.uint32(field << 3 | WIRE[kind]), value as never);
  }
  return writer.finish();
}
