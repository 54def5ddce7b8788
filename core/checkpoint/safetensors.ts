/**
 * Reader and writer of the safetensors format (https://github.com/huggingface/safetensors): an
 * 8-byte little-endian header length, a JSON header, then the tensors' bytes, row-major and little
 * endian.
 *
 * @module
 */

/** Element type of a tensor in a file; those of the format that are read here. */
export type ElementType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U8"
  | "BOOL";

/** Bytes per value. */
const BYTES: Readonly<Record<ElementType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A tensor in a file. */
export interface StoredTensor {
  /** Element type. */
  type: ElementType;
  /** Sides, slowest first. */
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

/** The largest header that is read; the reference implementation has the same limit. */
const LARGEST_HEADER = 100_000_000;

function fail(file: string, rule: string): never {
  throw new TypeError(`Cannot read safetensors ${file}: ${rule}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseHeader(bytes: Uint8Array, file: string): [Record<string, unknown>, number] {
  if (bytes.length < 8) fail(file, `it must have at least 8 bytes, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > LARGEST_HEADER || 8 + length > bytes.length) {
    fail(file, `its header of ${length} bytes must lie within the file of ${bytes.length} bytes`);
  }
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)),
    );
  } catch (error) {
    fail(file, `its header must be JSON, got ${(error as Error).message}`);
  }
  if (!isRecord(header)) fail(file, "its header must be a JSON object");
  return [header, 8 + length];
}

function parseTensor(entry: unknown, name: string, data: Uint8Array, file: string): StoredTensor {
  if (!isRecord(entry)) fail(file, `the entry of "${name}" must be an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype)) {
    fail(file, `"${name}" must have a type among ${Object.keys(BYTES).join(", ")}, got ${dtype}`);
  }
  const whole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((one) => Number.isSafeInteger(one) && one >= 0);
  if (!whole(shape)) fail(file, `the shape of "${name}" must be whole numbers`);
  if (!whole(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    fail(file, `the offsets of "${name}" must be two ascending whole numbers`);
  }
  const type = dtype as ElementType;
  const size = shape.reduce((product, side) => product * side, BYTES[type]);
  const [start, end] = offsets;
  if (end > data.length || end - start !== size) {
    fail(file, `"${name}" must fill ${size} bytes within ${data.length}, got ${start} to ${end}`);
  }
  return { type, shape, bytes: data.subarray(start, end) };
}

/**
 * Reads a file's bytes. Tensors are views of `bytes`.
 *
 * @param file name for messages
 * @throws {TypeError} if the bytes are not well-formed: truncated, overlapping, of unknown types
 */
export function readSafetensors(bytes: Uint8Array, file = "data"): Safetensors {
  const [header, dataStart] = parseHeader(bytes, file);
  const data = bytes.subarray(dataStart);
  const tensors = new Map<string, StoredTensor>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") tensors.set(name, parseTensor(entry, name, data, file));
    else if (isRecord(entry)) metadata = entry as Record<string, string>;
  }
  const inOrder = [...tensors.values()].map(({ bytes }) => bytes)
    .sort((a, b) => a.byteOffset - b.byteOffset || a.length - b.length);
  let end = data.byteOffset;
  for (const part of inOrder) {
    if (part.byteOffset !== end) fail(file, "its tensors must follow one another without gaps");
    end += part.length;
  }
  if (end !== data.byteOffset + data.length) {
    fail(
      file,
      `its tensors must fill the file, ${data.byteOffset + data.length - end} bytes are left`,
    );
  }
  return { tensors, metadata };
}

/** What a file says of a tensor. */
export interface TensorEntry {
  /** Name of the tensor. */
  name: string;
  /** Element type. */
  type: ElementType;
  /** Sides, slowest first. */
  shape: readonly number[];
}

/** The start of a file: everything before the tensors' bytes, which follow in the order of entries. */
export function safetensorsHead(
  entries: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const fields = entries.map(({ name, type, shape }): [string, unknown] => {
    const end = shape.reduce((product, side) => product * side, BYTES[type]) + offset;
    const field = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
    return [name, field];
  });
  const header = Object.fromEntries(
    Object.keys(metadata).length > 0 ? [["__metadata__", metadata], ...fields] : fields,
  );
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8; // aligned data can be read without a copy
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return head;
}

/**
 * Lays a file out.
 *
 * @param tensors float32 tensors or stored tensors, by name
 * @returns the parts of the file in order; writing them one after another makes the file
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

/** The bytes of int32 values; a view, not a copy. */
export function integerBytes(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/**
 * A stored tensor's values as int32; a copy.
 *
 * @throws {TypeError} if it is of another type: nothing is rounded or cut
 */
export function integerValues({ type, bytes }: StoredTensor): Int32Array<ArrayBuffer> {
  if (type !== "I32") {
    throw new TypeError(`Cannot read integers: the tensor must be of type I32, got ${type}`);
  }
  return new Int32Array(new Uint8Array(bytes).buffer);
}

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * A stored tensor's values as float32, converted where they are of another type.
 *
 * @throws {TypeError} for 64-bit integers, which float32 cannot hold
 */
export function floatValues({ type, bytes }: StoredTensor): Float32Array {
  // A copy aligns the bytes, which a view at an odd offset of a file is not.
  const { buffer } = bytes.slice();
  switch (type) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return Float32Array.from(new Float64Array(buffer));
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case "BF16": {
      const wide = Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16);
      return new Float32Array(wide.buffer);
    }
    case "I32":
      return Float32Array.from(new Int32Array(buffer));
    case "I16":
      return Float32Array.from(new Int16Array(buffer));
    case "I8":
      return Float32Array.from(new Int8Array(buffer));
    case "U8":
    case "BOOL":
      return Float32Array.from(new Uint8Array(buffer));
    case "I64":
      throw new TypeError("Cannot convert tensor: 64-bit integers do not fit float32, got I64");
  }
}
