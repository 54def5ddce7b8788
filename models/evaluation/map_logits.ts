import type { MappedLabels } from "../checkpoint/mapped_head.ts";

/**
 * Logits of classes out of those of a head's labels: log Σ exp over the labels of a class. Their softmax is the sum of
 * the labels' probabilities, since a clip has one label alone, given that it has one that counts for a class.
 *
 * @param logits float32, row-major [B, labels]
 * @returns float32, row-major [B, classes]; where each class has one label, the very logits of these
 */
export function mapLogits({ to, count }: MappedLabels, logits: Float32Array): Float32Array {
  const batch = logits.length / to.length;
  const mapped = new Float32Array(batch * count);
  for (let b = 0; b < batch; b++) {
    const largest = new Float64Array(count).fill(-Infinity);
    const sums = new Float64Array(count);
    const each = (visit: (label: number, logit: number) => void) =>
      to.forEach((label, from) => label >= 0 && visit(label, logits[b * to.length + from]));
    each((label, logit) => largest[label] = Math.max(largest[label], logit));
    each((label, logit) => sums[label] += Math.exp(logit - largest[label]));
    sums.forEach((sum, c) => mapped[b * count + c] = largest[c] + Math.log(sum));
  }
  return mapped;
}
