/** A file for an archive; its bytes are read when it is written. */
export interface ZipEntry {
  /** Path in the archive. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Its bytes. */
  read(): Promise<Uint8Array>;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

/** Maximum of the archive's 32-bit fields. */
const LARGEST = 2 ** 32 - 1;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? byte >>> 1 ^ 0xedb88320 : byte >>> 1;
  return byte;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 0xff] ^ crc >>> 8;
  return ~crc >>> 0;
}

/** Fields of a record, little endian: (bytes, value) each. */
function record(fields: readonly (readonly [2 | 4, number])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

/** 1 January 1980 in the date field, so that the same input makes the same file. */
const DATE = 0x21;

/** The fields common to an entry's local and directory records. */
function common(name: Uint8Array, crc: number, size: number): (readonly [2 | 4, number])[] {
  // Version 2.0, UTF-8 names, uncompressed, no time, no extra field.
  return [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, DATE], [4, crc], [4, size], [4, size], [
    2,
    name.length,
  ], [2, 0]];
}

/**
 * The bytes of a zip archive with uncompressed entries, in parts; one entry is in memory at a time.
 *
 * @throws {RangeError} if it would exceed 4 GiB
 */
export async function* zipParts(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const total = entries.reduce((sum, { name, size }) => sum + size + 2 * name.length + 76, 22);
  if (total > LARGEST) {
    throw new RangeError(
      `Cannot write the archive: it must stay below 4 GiB, got ${total} bytes; safetensors, which PyTorch's ` +
        "tools read too, have no such limit",
    );
  }
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    const bytes = await entry.read();
    const fields = common(name, crc32(bytes), bytes.length);
    directory.push(
      record([[4, CENTRAL], [2, 20], ...fields, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]),
      name,
    );
    const head = record([[4, LOCAL], ...fields]);
    yield head;
    yield name;
    yield bytes;
    offset += head.length + name.length + bytes.length;
  }
  yield* directory;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = entries.length;
  yield record([[4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]]);
}
