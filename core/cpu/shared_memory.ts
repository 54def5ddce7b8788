/** Flags of a memory's limits in a WebAssembly module: has a maximum; is shared. */
const HAS_MAXIMUM = 1;
const SHARED = 2;

const IMPORTS = 2;
const MEMORIES = 5;
const IMPORTED_MEMORY = 2;
const HEADER_BYTES = 8;

/** Whether threads can share memory; browsers allow it only on cross-origin isolated pages. */
export function canShareMemory(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false;
}

/** Whether threads share a memory. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
}

/**
 * Makes a WebAssembly module's memory, own or imported, shared between threads. Only one bit differs: code
 * without thread support runs the same on either kind of memory.
 *
 * @param module bytes of a module whose one memory has a maximum
 * @returns a modified copy, or the same bytes if there is no such memory
 */
export function withSharedMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(module);
  const at = findMemoryLimits(bytes);
  if (at !== null && bytes[at] === HAS_MAXIMUM) bytes[at] |= SHARED;
  return bytes;
}

/** Offset of the first memory's limits, or null if the module has none. */
function findMemoryLimits(bytes: Uint8Array): number | null {
  const reader = new Reader(bytes, HEADER_BYTES);
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const size = reader.number();
    const end = reader.at + size;
    if (section === IMPORTS) {
      const found = findImportedMemory(reader);
      if (found !== null) return found;
    } else if (section === MEMORIES && reader.number() > 0) {
      return reader.at;
    }
    reader.at = end;
  }
  return null;
}

/** Searches imports as long as they are functions; a memory after others is not found. */
function findImportedMemory(reader: Reader): number | null {
  for (let left = reader.number(); left > 0; left--) {
    for (let name = 0; name < 2; name++) reader.skip(reader.number());
    const kind = reader.byte();
    if (kind === IMPORTED_MEMORY) return reader.at;
    if (kind !== 0) return null;
    reader.number(); // the function's type
  }
  return null;
}

/** Reads the bytes of a module in order. */
class Reader {
  constructor(readonly bytes: Uint8Array, public at: number) {}

  byte(): number {
    return this.bytes[this.at++];
  }

  skip(count: number): void {
    this.at += count;
  }

  /** An unsigned number, seven bits a byte, lowest first (LEB128). */
  number(): number {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
}
