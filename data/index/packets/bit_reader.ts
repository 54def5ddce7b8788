/** Reads numbers from bytes bit by bit, most significant bit first. */
export interface BitReader {
  /** The next `count` bits as a number; at most 32. */
  bits(count: number): number;
  /** Whether the next bit is 1. */
  flag(): boolean;
  /** An Exp-Golomb number, "ue(v)" in H.264; "se(v)" uses the same bits. */
  golomb(): number;
}

/** Maximum number of leading zeros of an Exp-Golomb number. */
const MOST_ZEROS = 32;

/**
 * Creates a reader at the start of `bytes`.
 *
 * @throws {RangeError} from the methods, at the end of the bytes
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

/** The payload of a NAL unit without emulation prevention bytes (3 after two zeros). */
export function withoutEscapes(nal: Uint8Array): Uint8Array {
  const payload: number[] = [];
  for (let i = 0; i < nal.length; i++) {
    if (nal[i] === 3 && nal[i - 1] === 0 && nal[i - 2] === 0) continue;
    payload.push(nal[i]);
  }
  return Uint8Array.from(payload);
}

/** The result of `read`, or null if it throws a RangeError. */
export function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
