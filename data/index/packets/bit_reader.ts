/** Reads numbers from bytes, bit by bit, the highest bit of a byte first. */
export interface BitReader {
  /** The number that the next `count` bits stand for; at most 32. */
  bits(count: number): number;
  /** Whether the next bit is 1. */
  flag(): boolean;
  /** A number in Exp-Golomb code, as H.264 calls it "ue(v)"; "se(v)" takes the same bits. */
  golomb(): number;
}

/** Longest run of zeros that a number in Exp-Golomb code starts with. */
const MOST_ZEROS = 32;

/**
 * Reads the bits of `bytes` from their start.
 *
 * @throws {RangeError} from the methods, past the end of the bytes
 */
export function bitReader(bytes: Uint8Array): BitReader {
  let at = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) {
      if (at >> 3 >= bytes.length) {
        throw new RangeError(`Cannot read bits: there must be ${at + 1}, got ${8 * bytes.length}`);
      }
      value = 2 * value + (bytes[at >> 3] >> (7 - (at & 7)) & 1);
    }
    return value;
  };
  const golomb = (): number => {
    let zeros = 0;
    while (bits(1) === 0) {
      if (++zeros > MOST_ZEROS) throw new RangeError("Cannot read bits: no Exp-Golomb code");
    }
    return 2 ** zeros - 1 + bits(zeros);
  };
  return { bits, flag: () => bits(1) === 1, golomb };
}

/** The payload of a NAL unit: without the bytes (3 after two zeros) that keep start codes out. */
export function withoutEscapes(nal: Uint8Array): Uint8Array {
  const payload: number[] = [];
  for (let i = 0; i < nal.length; i++) {
    if (nal[i] === 3 && nal[i - 1] === 0 && nal[i - 2] === 0) continue;
    payload.push(nal[i]);
  }
  return Uint8Array.from(payload);
}

/** What `read` makes of bits, or null where they are not such as it expects: it throws a RangeError. */
export function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
