import * as tf from "@tensorflow/tfjs-core";

/** Epsilon of the clipping factor, as in PyTorch. */
const CLIP_EPSILON = 1e-6;

/**
 * The factor that clips gradients of the given norm: `min(1, limit / (norm + 1e-6))`, or 1 without a limit.
 */
export function clipScale(norm: number, limit: number | null): number {
  return limit === null ? 1 : Math.min(1, limit / (norm + CLIP_EPSILON));
}

/** Sums the gradients of micro-batches in separate tensors. */
export class GradientSum {
  #total = new Map<string, tf.Tensor>();
  #parts = 0;

  /** Number of micro-batches added. */
  get parts(): number {
    return this.#parts;
  }

  /** Adds the summed gradients of some micro-batches; the caller keeps the tensors. */
  add(gradients: ReadonlyMap<string, tf.Tensor>, parts: number): void {
    this.#parts += parts;
    for (const [name, gradient] of gradients) {
      const before = this.#total.get(name);
      const total = before ? tf.add(before, gradient) : tf.clone(gradient);
      this.#total.set(name, tf.keep(total));
      before?.dispose();
    }
  }

  /** The sum of a parameter's gradients. */
  get(name: string): tf.Tensor {
    return this.#total.get(name)!;
  }

  /** Resets the sums. */
  clear(): void {
    tf.dispose([...this.#total.values()]);
    this.#total.clear();
    this.#parts = 0;
  }
}
