/**
 * Average precision of one label: Σ (R_n − R_{n−1}) P_n over the distinct scores from the highest on, where P_n and R_n
 * are precision and recall of the samples that score at least as high; without interpolation. The definition is that of
 * scikit-learn's `average_precision_score`.
 *
 * @param scores [S], higher for samples that are taken to have the label
 * @param isPositive [S], 1 for samples that have it, else 0
 * @returns 0 if no sample has it
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<number>,
): number {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const positives = order.reduce((sum, i) => sum + isPositive[i], 0);
  let [found, sum, recall] = [0, 0, 0];
  order.forEach((i, rank) => {
    found += isPositive[i];
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[i]) return; // equal scores count together
    sum += (found / positives - recall) * found / (rank + 1);
    recall = found / positives;
  });
  return positives === 0 ? 0 : sum;
}
