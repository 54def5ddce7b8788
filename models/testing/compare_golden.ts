import type * as tf from "@tensorflow/tfjs-core";
import { hostRows, tidy } from "@videoms/core";
import { compareChoices, compareValues, type Comparison } from "@videoms/core/testing";
import { type GoldenCase, goldenTensor, indexTensor, indicesOfOnes } from "./golden_case.ts";

/** Compares quantities of the first step, as far as the case has them as `expect.<quantity>`. */
export async function compareForward(
  golden: GoldenCase,
  tolerance: number,
  quantities: Readonly<Record<string, () => tf.Tensor>>,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const [quantity, compute] of Object.entries(quantities)) {
    const key = `expect.${quantity}`;
    if (!golden.tensors.has(key)) continue;
    const computed = tidy(compute);
    const recorded = goldenTensor(golden, key).values;
    comparisons.push(compareValues(quantity, await computed.data(), recorded, tolerance));
    computed.dispose();
  }
  return comparisons;
}

/**
 * Compares tokens that were chosen with the recorded ones, and puts the recorded ones in their place, so that what
 * follows is compared on the same tokens: which of tied tokens the recorded run took is its library's own choice.
 *
 * @param chosen disposed of where others take its place
 * @param importance [B, N], what the choice was made by, if anything
 */
export async function recordedChoice(
  golden: GoldenCase,
  key: string,
  quantity: string,
  chosen: tf.Tensor2D,
  importance?: tf.Tensor2D,
): Promise<{ tokens: tf.Tensor2D; comparisons: Comparison[] }> {
  if (!golden.tensors.has(key)) return { tokens: chosen, comparisons: [] };
  const recorded = indicesOfOnes(goldenTensor(golden, key));
  const ranks = importance ? await hostRows(importance) : null;
  const comparison = compareChoices(quantity, await hostRows(chosen), recorded, ranks);
  chosen.dispose();
  return { tokens: indexTensor(recorded), comparisons: [comparison] };
}
