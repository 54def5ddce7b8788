import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** Bytes of a block, and those before each piece of a record: checksum, length, kind. */
const [BLOCK, HEAD] = [32768, 7];

/** Kinds of pieces: a whole record, or its first, middle and last piece where it does not fit into a block. */
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

/** What W&B's files start with: name, magic number, version. */
const START = Buffer.from([...Buffer.from(":W&B"), 0xe1, 0xbe, 0]);

/**
 * The bytes of a log of records in the form of LevelDB, as W&B has it: after a start of 7 bytes, blocks of 32 KiB, in which
 * records lie in pieces. The checksums are CRC-32 of kind and content, where LevelDB has CRC-32C.
 *
 * Source: doc/log_format.md of LevelDB; wandb/sdk/internal/datastore.py of W&B.
 */
export class RecordLog {
  #length = 0;

  /** Bytes made so far. */
  get length(): number {
    return this.#length;
  }

  /** The start of a file. */
  start(): Uint8Array {
    this.#length = START.length;
    return START;
  }

  /** A record as it lies behind what was made so far. What is not written must be taken back by {@linkcode cut}. */
  record(bytes: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    let [at, length] = [0, this.#length];
    const room = () => BLOCK - length % BLOCK;
    const add = (piece: Uint8Array) => {
      pieces.push(piece);
      length += piece.length;
    };
    do {
      if (room() < HEAD) add(new Uint8Array(room()));
      const part = bytes.subarray(at, at + room() - HEAD);
      const isLast = at + part.length === bytes.length;
      const kind = at === 0 ? (isLast ? FULL : FIRST) : (isLast ? LAST : MIDDLE);
      add(pieceOf(kind, part));
      at += part.length;
    } while (at < bytes.length);
    this.#length = length;
    return Buffer.concat(pieces);
  }

  /** Goes back to a length: what was made behind it is not written. */
  cut(length: number): void {
    this.#length = length;
  }
}

function pieceOf(kind: number, content: Uint8Array): Uint8Array {
  const piece = Buffer.alloc(HEAD + content.length);
  piece.writeUInt32LE(crc32(content, crc32(Buffer.from([kind]))));
  piece.writeUInt16LE(content.length, 4);
  piece.writeUInt8(kind, 6);
  piece.set(content, HEAD);
  return piece;
}
