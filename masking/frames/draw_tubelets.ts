import type { RandomStream } from "@videoms/core";

/** The first `wanted` indices by ascending key, then index; returned in ascending order. */
function smallest(keys: Float64Array, wanted: number): Int32Array {
  return Int32Array.from(keys.keys())
    .sort((a, b) => keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b)
    .slice(0, wanted)
    .sort();
}

/**
 * Draws tubelets one after another without replacement, each with probability in proportion to its count;
 * tubelets of count 0 are drawn uniformly, and only when no others are left.
 *
 * Tubelet i gets the key e_i / c_i with e_i exponentially distributed, and the smallest keys are drawn:
 * Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006).
 *
 * @param counts c_i ≥ 0, one per tubelet
 * @param wanted at most the number of tubelets
 * @returns `wanted` tubelets, ascending
 */
export function drawTubelets(
  counts: ArrayLike<number>,
  wanted: number,
  random: RandomStream,
): Int32Array {
  const draws = random.uniforms(counts.length).map((draw) => -Math.log(1 - draw));
  // −ln(2⁻³²) < 23 bounds a draw and counts are at least 1, so 100 puts empty tubelets last.
  return smallest(draws.map((e, i) => counts[i] > 0 ? e / counts[i] : 100 + e), wanted);
}

/** The `wanted` tubelets with the largest counts, the earlier one on ties; ascending. */
export function largestTubelets(counts: ArrayLike<number>, wanted: number): Int32Array {
  return smallest(Float64Array.from(counts, (count) => -count), wanted);
}
