/**
 * The wire format of Protocol Buffers, as far as event files need it: a field is its tag (number and wire
 * type) and its value. Messages are lists of fields, put together with {@linkcode joinBytes}.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * @module
 */

/** Wire types. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

const encoder = new TextEncoder();

/** Bytes one after another. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A whole number from 0, seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  // Bit operations would cut numbers above 32 bits.
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(rest % 128 + 128);
  return Uint8Array.of(...bytes, rest);
}

function tagged(field: number, wireType: number, value: Uint8Array): Uint8Array {
  return joinBytes([varint(field * 8 + wireType), value]);
}

/** A field of type int32, int64 or an enumeration; from 0. */
export function wholeField(field: number, value: number): Uint8Array {
  return tagged(field, VARINT, varint(value));
}

/** A field of type float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return tagged(field, FIXED_32, bytes);
}

/** A field of type double. */
export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return tagged(field, FIXED_64, bytes);
}

/** A field of type bytes or string. */
export function bytesField(field: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? encoder.encode(value) : value;
  return tagged(field, LENGTH_DELIMITED, joinBytes([varint(bytes.length), bytes]));
}

/** A field that is a message. */
export function messageField(field: number, fields: readonly Uint8Array[]): Uint8Array {
  return bytesField(field, joinBytes(fields));
}
