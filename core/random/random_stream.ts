/**
 * Counter-based random streams: every draw is a pure function of a key and a counter, so it does not depend
 * on the number of workers, the order of work or resuming.
 *
 * The generator is Philox-4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). A key is derived from a seed and a path of names and numbers, for example `randomStream(seed,
 * "mask", epoch, sample)`.
 *
 * @module
 */

/** A named, independent sequence of random draws. */
export interface RandomStream {
  /** The next number in [0, 1), a multiple of 2⁻³². */
  uniform(): number;
  /** The next whole number in [0, `limit`), unbiased. `limit` is at most 2³². */
  integer(limit: number): number;
  /** The next draw of the standard normal distribution. */
  normal(): number;
  /** The next `count` numbers of {@linkcode RandomStream.uniform}. */
  uniforms(count: number): Float64Array;
  /** A random permutation of 0 … `count` − 1. */
  permutation(count: number): Int32Array;
  /** An independent child stream. */
  child(...path: readonly (string | number)[]): RandomStream;
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const TWO_TO_32 = 4294967296;

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + Math.floor(carry / 65536)) >>> 0;
}

/**
 * Ten rounds of Philox-4x32: the four 32-bit words of a counter under a key.
 *
 * @param counter four unsigned words
 * @param key two unsigned words
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

type Key = [number, number];

function fold(key: Key, part: string | number): Key {
  let words: [number, number, number, number];
  if (typeof part === "number") {
    if (!Number.isSafeInteger(part) || part < 0) {
      throw new RangeError(
        `Cannot build a random stream: seed and path must be whole numbers from 0, got ${part}`,
      );
    }
    words = [part >>> 0, Math.floor(part / TWO_TO_32) >>> 0, 1, 0];
  } else {
    words = [0x811c9dc5, part.length, 2, 0];
    for (let i = 0; i < part.length; i++) { // FNV-1a over UTF-16 code units
      words[0] = Math.imul(words[0] ^ part.charCodeAt(i), 0x01000193) >>> 0;
    }
  }
  const mixed = philox(words, key);
  return [mixed[0], mixed[1]];
}

class PhiloxStream implements RandomStream {
  readonly #key: Key;
  #counter = 0;
  #words: [number, number, number, number] = [0, 0, 0, 0];
  #next = 4;

  constructor(key: Key) {
    this.#key = key;
  }

  #word(): number {
    if (this.#next === 4) {
      this.#words = philox(
        [this.#counter >>> 0, Math.floor(this.#counter / TWO_TO_32), 0, 0],
        this.#key,
      );
      this.#counter++;
      this.#next = 0;
    }
    return this.#words[this.#next++];
  }

  uniform(): number {
    return this.#word() / TWO_TO_32;
  }

  integer(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > TWO_TO_32) {
      throw new RangeError(
        `Cannot run a random draw: the limit must be 1 to 2^32, got ${limit}`,
      );
    }
    const fair = TWO_TO_32 - TWO_TO_32 % limit; // words from here on would favour small results
    let word = this.#word();
    while (word >= fair) word = this.#word();
    return word % limit;
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  uniforms(count: number): Float64Array {
    return Float64Array.from({ length: count }, () => this.uniform());
  }

  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  child(...path: readonly (string | number)[]): RandomStream {
    return new PhiloxStream(path.reduce<Key>(fold, fold(this.#key, "child")));
  }
}

/**
 * The stream of a seed and a path.
 *
 * @param seed a whole number from 0
 * @param path names and whole numbers that identify the purpose
 * @throws {RangeError} if the seed or a number of the path is negative or not whole
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 *
 * const once = randomStream(0, "mask", 3, 17).uniform();
 * console.assert(once === randomStream(0, "mask", 3, 17).uniform());
 * ```
 */
export function randomStream(seed: number, ...path: readonly (string | number)[]): RandomStream {
  return new PhiloxStream([seed, ...path].reduce<Key>(fold, [0x243f6a88, 0x85a308d3]));
}
