/**
 * Reader and writer of the safetensors format (https://github.com/huggingface/safetensors): an
 * 8-byte little-endian header length, a JSON header, then the tensors' bytes, row-major and little
 * endian.
 *
 * @module
 */

import { ELEMENT_BYTES, type ElementType } from "./element_type.ts";
import { parseSafetensorsHeader, safetensorsHeaderLength } from "./safetensors_header.ts";

export type { ElementType } from "./element_type.ts";

/** A tensor in a file. */
export interface StoredTensor {
  /** Element type. */
  type: ElementType;
  /** Shape. */
  shape: readonly number[];
  /** The tensor's bytes; a view, not a copy. */
  bytes: Uint8Array;
}

/** The contents of a file. */
export interface Safetensors {
  /** The tensors by name. */
  tensors: ReadonlyMap<string, StoredTensor>;
  /** Free text by key. */
  metadata: Readonly<Record<string, string>>;
}

/**
 * Parses a safetensors file. Tensors are views of `bytes`.
 *
 * @param file name for messages
 * @throws {TypeError} if the bytes are not well-formed: truncated, overlapping, of unknown types
 */
export function readSafetensors(bytes: Uint8Array, file = "data"): Safetensors {
  const dataStart = 8 + safetensorsHeaderLength(bytes, bytes.length, file);
  const data = bytes.subarray(dataStart);
  const header = parseSafetensorsHeader(bytes.subarray(8, dataStart), data.length, file);
  const tensors = new Map(
    header.entries.map(({ name, type, shape, start, end }): [string, StoredTensor] => [
      name,
      { type, shape, bytes: data.subarray(start, end) },
    ]),
  );
  return { tensors, metadata: header.metadata };
}

/** Header entry of a tensor. */
export interface TensorEntry {
  /** Name of the tensor. */
  name: string;
  /** Element type. */
  type: ElementType;
  /** Shape. */
  shape: readonly number[];
}

/** The start of a file, up to the tensors' bytes, which follow in the order of entries. */
export function safetensorsHead(
  entries: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const fields = entries.map(({ name, type, shape }): [string, unknown] => {
    const end = shape.reduce((product, side) => product * side, ELEMENT_BYTES[type]) + offset;
    const field = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
    return [name, field];
  });
  const header = Object.fromEntries(
    Object.keys(metadata).length > 0 ? [["__metadata__", metadata], ...fields] : fields,
  );
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8; // aligned data can be read without copying
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return head;
}

/**
 * Serialises tensors.
 *
 * @param tensors float32 tensors or stored tensors, by name
 * @returns the parts of the file, in order
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, { shape: readonly number[]; values: Float32Array } | StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const stored = [...tensors].map(([name, tensor]): TensorEntry & StoredTensor =>
    "values" in tensor
      ? { name, type: "F32", shape: tensor.shape, bytes: floatBytes(tensor.values) }
      : { name, ...tensor }
  );
  return [safetensorsHead(stored, metadata), ...stored.map(({ bytes }) => bytes)];
}

/** The bytes of float32 values; a view, not a copy. */
export function floatBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Values as a tensor of a file; a view, not a copy. */
export function storedTensor(
  values: Float32Array | Float16Array | Int32Array,
  shape: readonly number[],
): StoredTensor {
  const type = values instanceof Int32Array
    ? "I32"
    : values instanceof Float32Array
    ? "F32"
    : "F16";
  return {
    type,
    shape,
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

/**
 * A stored tensor's values as int32; a copy.
 *
 * @throws {TypeError} if it has another type; nothing is rounded or truncated
 */
export function integerValues({ type, bytes }: StoredTensor): Int32Array<ArrayBuffer> {
  if (type !== "I32") {
    throw new TypeError(`Cannot read integers: the tensor must be of type I32, got ${type}`);
  }
  return new Int32Array(new Uint8Array(bytes).buffer);
}

/**
 * A stored tensor's values as float32, converted if necessary.
 *
 * @throws {TypeError} for 64-bit integers, which float32 cannot hold
 */
export function floatValues({ type, bytes }: StoredTensor): Float32Array {
  // A copy is aligned, unlike a view at an odd offset of a file.
  const { buffer } = bytes.slice();
  switch (type) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return new Float32Array(new Float64Array(buffer));
    case "F16":
      return new Float32Array(new Float16Array(buffer));
    case "BF16": {
      const halves = new Uint16Array(buffer);
      const wide = new Uint32Array(halves.length);
      for (let i = 0; i < halves.length; i++) wide[i] = halves[i] << 16;
      return new Float32Array(wide.buffer);
    }
    case "I32":
      return new Float32Array(new Int32Array(buffer));
    case "I16":
      return new Float32Array(new Int16Array(buffer));
    case "I8":
      return new Float32Array(new Int8Array(buffer));
    case "U8":
    case "BOOL":
      return new Float32Array(new Uint8Array(buffer));
    case "I64":
      throw new TypeError("Cannot convert tensor: 64-bit integers do not fit float32, got I64");
  }
}
