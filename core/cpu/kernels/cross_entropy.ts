/**
 * Mean cross-entropy of rows, in float64.
 *
 * @param logits [rows, classes]
 * @param targets [rows, classes], rows sum to 1
 * @param gradient [rows, classes], output
 */
export function crossEntropy(
  logits: Float32Array,
  targets: Float32Array,
  gradient: Float32Array,
  rows: number,
  classes: number,
): number {
  let loss = 0;
  for (let first = 0; first < logits.length; first += classes) {
    const row = logits.subarray(first, first + classes);
    // Math.max propagates NaN, as it must
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = row.reduce((total, logit) => total + Math.exp(logit - top), 0);
    const shift = top + Math.log(sum);
    for (let c = 0; c < classes; c++) {
      const logProbability = row[c] - shift;
      const target = targets[first + c];
      loss -= target * logProbability;
      gradient[first + c] = (Math.exp(logProbability) - target) / rows;
    }
  }
  return loss / rows;
}
