/** Unsigned 32-bit number that grows with the float32 whose bits are given. */
function sortableBits(bits: number): number {
  return (bits >>> 31 === 1 ? ~bits : bits | 0x80000000) >>> 0;
}

/**
 * Indices of values by rank, largest or smallest first; ties by index. NaN ranks as infinity.
 *
 * Value and index are packed into one double, which a typed array sorts natively: 32 bits leave room for 2²¹
 * indices.
 */
export function rankValues(values: Float32Array, largestFirst: boolean): Int32Array {
  const count = values.length;
  const plain = values.map((value) => Number.isNaN(value) ? Infinity : value + 0); // −0 ties with 0
  const bits = new Uint32Array(plain.buffer);
  const keys = Float64Array.from(bits, (bit, place) => {
    const key = sortableBits(bit);
    return (largestFirst ? 0xffffffff - key : key) * count + place;
  });
  return Int32Array.from(keys.sort(), (key) => key % count);
}
