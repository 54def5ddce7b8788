import { ELEMENT_BYTES, type ElementType } from "./element_type.ts";
import { looseJson } from "./json_keys.ts";
import { refuse, shown } from "./refuse.ts";

/** Maximum header size in bytes; the reference implementation has the same limit. */
const LARGEST_HEADER = 100_000_000;
/** Nesting of a header: the object of tensors, a tensor's object, its shape. */
const LEVELS = 3;

/** Location of a tensor in a file. */
export interface SafetensorsEntry {
  /** Name of the tensor. */
  readonly name: string;
  /** Element type. */
  readonly type: ElementType;
  /** Shape. */
  readonly shape: readonly number[];
  /** First byte, from the end of the header. */
  readonly start: number;
  /** End, exclusive. */
  readonly end: number;
}

/** A parsed header. */
export interface SafetensorsHeader {
  /** The tensors in the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

function fail(file: string, rule: string): never {
  refuse("safetensors", file, rule);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads the header length from a file's first 8 bytes.
 *
 * @param size bytes of the file
 * @param largest maximum header size in bytes
 * @throws {TypeError} if the header exceeds the file, or is too large
 */
export function safetensorsHeaderLength(
  start: Uint8Array,
  size: number,
  file: string,
  largest = LARGEST_HEADER,
): number {
  if (start.length < 8) fail(file, `it must have at least 8 bytes, got ${start.length}`);
  const view = new DataView(start.buffer, start.byteOffset, 8);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > size) {
    fail(file, `its header of ${length} bytes must lie within the file of ${size} bytes`);
  }
  if (length > largest) {
    fail(file, `its header must have at most ${largest} bytes, got ${length}`);
  }
  return length;
}

function parseJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const loose = looseJson(text, LEVELS);
    if (loose) fail(file, `its header must be plain JSON: ${loose}`);
    header = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith("Cannot read")) throw error;
    fail(file, `its header must be JSON, got ${shown(message)}`);
  }
  if (!isRecord(header)) fail(file, `its header must be a JSON object, got ${shown(header)}`);
  return header;
}

function wholeNumbers(list: unknown): list is number[] {
  return Array.isArray(list) && list.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function parseEntry(
  value: unknown,
  name: string,
  dataLength: number,
  file: string,
): SafetensorsEntry {
  if (!isRecord(value)) fail(file, `the entry of ${shown(name)} must be an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    const types = Object.keys(ELEMENT_BYTES).join(", ");
    fail(file, `${shown(name)} must have a type among ${types}, got ${shown(dtype)}`);
  }
  if (!wholeNumbers(shape)) {
    fail(file, `the shape of ${shown(name)} must be whole numbers, got ${shown(shape)}`);
  }
  if (!wholeNumbers(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    const rule = "must be two ascending whole numbers";
    fail(file, `the offsets of ${shown(name)} ${rule}, got ${shown(offsets)}`);
  }
  const type = dtype as ElementType;
  const size = shape.reduce((product, side) => product * side, ELEMENT_BYTES[type]);
  const [start, end] = offsets;
  if (end > dataLength || end - start !== size) {
    const rule = `must fill ${size} bytes within ${dataLength}`;
    fail(file, `${shown(name)} ${rule}, got ${start} to ${end}`);
  }
  return { name, type, shape, start, end };
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== "string")) {
    fail(file, `its metadata must be an object of strings, got ${shown(value)}`);
  }
  return value as Record<string, string>;
}

/**
 * Parses a header and checks that its tensors fill the file contiguously.
 *
 * @param bytes the JSON text
 * @param dataLength bytes of the file after the header
 * @throws {TypeError} if it is not well-formed
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  dataLength: number,
  file: string,
): SafetensorsHeader {
  const entries: SafetensorsEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseJson(bytes, file))) {
    if (name === "__metadata__") metadata = parseMetadata(value, file);
    else entries.push(parseEntry(value, name, dataLength, file));
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.start !== end) {
      const rule = `its tensors must follow one another without gaps and overlaps`;
      fail(file, `${rule}, got ${shown(entry.name)} at ${entry.start} after byte ${end}`);
    }
    end = entry.end;
  }
  if (end !== dataLength) {
    fail(file, `its tensors must fill the file, ${dataLength - end} bytes are left`);
  }
  return { entries, metadata };
}
