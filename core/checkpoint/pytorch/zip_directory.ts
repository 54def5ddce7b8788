/**
 * Reader of zip files as `torch.save` writes them: stored entries, sizes in the directory at the end, zip64
 * (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
 *
 * Checksums are not verified: PyTorch's own reader is built without the check, files can be written without
 * checksums, safetensors has none, and reading one tensor of a large file would require a pass over all of
 * them. Damaged downloads are detected by the download's checksum.
 *
 * @module
 */

import { refuse, shown } from "../refuse.ts";
import type { ByteSource } from "../weight_file.ts";

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END = 0x06054b50;
const END_LENGTH = 22;
const END64 = 0x06064b50;
const END64_LENGTH = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_LENGTH = 20;
const LONGEST_COMMENT = 0xffff;
/** Maximum directory size in bytes: some 100,000 entries. */
const LARGEST_DIRECTORY = 8 * 2 ** 20;

const utf8 = new TextDecoder();

/** A file in a zip file. */
export interface ZipEntry {
  /** Name, which is only compared, never written to. */
  readonly name: string;
  /** Number of bytes. */
  readonly size: number;
  /** Offset of its local header. */
  readonly start: number;
  /** Offset of the next entry, or of the directory. */
  readonly limit: number;
}

function fail(file: string, rule: string): never {
  refuse("PyTorch weights", file, rule);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

interface Directory {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

/** Finds the end record, which is followed only by its comment. */
function findEnd(tail: DataView): number {
  for (let at = tail.byteLength - END_LENGTH; at >= 0; at--) {
    const fits = at + END_LENGTH + tail.getUint16(at + 20, true) === tail.byteLength;
    if (fits && tail.getUint32(at, true) === END) return at;
  }
  return -1;
}

async function readDirectory64(source: ByteSource, locator: DataView): Promise<Directory> {
  const at = Number(locator.getBigUint64(8, true));
  if (at > source.size - END64_LENGTH) {
    fail(source.name, `its zip64 record must lie within ${source.size} bytes, got ${at}`);
  }
  const end = viewOf(await source.read(at, END64_LENGTH));
  if (end.getUint32(0, true) !== END64) {
    fail(source.name, `it must have a zip64 record at byte ${at}, got something else`);
  }
  return {
    count: Number(end.getBigUint64(32, true)),
    size: Number(end.getBigUint64(40, true)),
    start: Number(end.getBigUint64(48, true)),
  };
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const { name, size } = source;
  const length = Math.min(size, LOCATOR64_LENGTH + END_LENGTH + LONGEST_COMMENT);
  const tail = viewOf(await source.read(size - length, length));
  const at = findEnd(tail);
  if (at < 0) fail(name, "it must end with a zip directory, got a file that is cut or damaged");
  const locator = at - LOCATOR64_LENGTH;
  const is64 = locator >= 0 && tail.getUint32(locator, true) === LOCATOR64;
  const directory = is64
    ? await readDirectory64(
      source,
      new DataView(tail.buffer, tail.byteOffset + locator, LOCATOR64_LENGTH),
    )
    : {
      count: tail.getUint16(at + 10, true),
      size: tail.getUint32(at + 12, true),
      start: tail.getUint32(at + 16, true),
    };
  const end = size - length + at;
  if (directory.start + directory.size > end) {
    const rule = `its zip directory must lie within ${end} bytes`;
    fail(name, `${rule}, got ${directory.size} bytes from ${directory.start} on`);
  }
  if (directory.size > LARGEST_DIRECTORY) {
    const rule = `its zip directory must have at most ${LARGEST_DIRECTORY} bytes`;
    fail(name, `${rule}, got ${directory.size}`);
  }
  return directory;
}

/** The 64-bit sizes of an entry, in the order in which they are missing from the 32-bit fields. */
function wideSizes(extra: DataView): DataView | undefined {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const length = extra.getUint16(at + 2, true);
    if (at + 4 + length > extra.byteLength) return undefined;
    if (extra.getUint16(at, true) === 1) {
      return new DataView(extra.buffer, extra.byteOffset + at + 4, length);
    }
    at += 4 + length;
  }
}

interface RawEntry {
  readonly name: string;
  readonly size: number;
  readonly start: number;
  readonly length: number;
}

/** Parses the directory entry at an offset. */
function parseEntry(directory: DataView, at: number, file: string): RawEntry {
  const room = directory.byteLength - at;
  if (room < 46 || directory.getUint32(at, true) !== DIRECTORY_ENTRY) {
    fail(file, `its zip directory must have an entry at byte ${at}, got something else`);
  }
  const nameLength = directory.getUint16(at + 28, true);
  const extraLength = directory.getUint16(at + 30, true);
  const length = 46 + nameLength + extraLength + directory.getUint16(at + 32, true);
  if (length > room) fail(file, `its zip directory must hold its entries, got a cut one at ${at}`);
  const place = directory.byteOffset + at + 46;
  const name = utf8.decode(new Uint8Array(directory.buffer, place, nameLength));
  const wide = wideSizes(new DataView(directory.buffer, place + nameLength, extraLength));
  let wideAt = 0;
  const size = (field: number): number => {
    const short = directory.getUint32(at + field, true);
    if (short !== 0xffffffff) return short;
    wideAt += 8;
    if (!wide || wideAt > wide.byteLength) {
      fail(file, `${shown(name)} must have its size, got none`);
    }
    return Number(wide.getBigUint64(wideAt - 8, true));
  };
  const [unpacked, packed, start] = [size(24), size(20), size(42)];
  const method = directory.getUint16(at + 10, true);
  if (method !== 0 || packed !== unpacked || directory.getUint16(at + 8, true) & 1) {
    const rule = `${shown(name)} must be uncompressed, as torch.save writes it`;
    fail(file, `${rule}, got method ${method} and ${packed} bytes for ${unpacked}`);
  }
  return { name, size: unpacked, start, length };
}

/**
 * Reads a zip file's directory.
 *
 * @returns the entries by name
 * @throws {TypeError} if it is malformed, compressed or encrypted, or if entries overlap
 */
export async function readZipDirectory(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { start, size, count } = await findDirectory(source);
  const directory = viewOf(await source.read(start, size));
  const found: RawEntry[] = [];
  for (let at = 0; at < size;) {
    const entry = parseEntry(directory, at, source.name);
    found.push(entry);
    at += entry.length;
  }
  if (found.length !== count) {
    fail(source.name, `its zip directory must have ${count} entries, got ${found.length}`);
  }
  found.sort((a, b) => a.start - b.start);
  const entries = new Map<string, ZipEntry>();
  for (const [i, entry] of found.entries()) {
    const limit = found[i + 1]?.start ?? start;
    if (entry.start + 30 + entry.size > limit) {
      const rule = `${shown(entry.name)} must end before byte ${limit}, where the next part starts`;
      fail(source.name, `${rule}, got ${entry.size} bytes from ${entry.start} on`);
    }
    if (entries.has(entry.name)) {
      fail(source.name, `its entries must have different names, got ${shown(entry.name)} twice`);
    }
    entries.set(entry.name, { name: entry.name, size: entry.size, start: entry.start, limit });
  }
  return entries;
}

/**
 * Reads part of an entry.
 *
 * @param offset first byte within the entry
 * @throws {TypeError} if the entry's own header contradicts the directory
 */
export async function readZipEntry(
  source: ByteSource,
  entry: ZipEntry,
  offset = 0,
  length = entry.size,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = viewOf(await source.read(entry.start, 30));
  const data = entry.start + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (header.getUint32(0, true) !== LOCAL_HEADER || data + entry.size > entry.limit) {
    const rule = `${shown(entry.name)} must have a header that agrees with the directory`;
    fail(source.name, `${rule}, got other bytes at ${entry.start}`);
  }
  return await source.read(data + offset, length);
}
