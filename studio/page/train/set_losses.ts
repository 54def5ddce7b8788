import * as tf from "@tensorflow/tfjs-core";
import { type GradientAverage, meanOf, tidy } from "@videoms/core";

/** The name of the loss of a set of a mix: "loss/shapes". */
export function setLossName(set: string): string {
  return `loss/${set}`;
}

/**
 * The parts of a step's loss that are of each set of a mix: the sum over its clips, divided by all clips of the step.
 * They add up to the loss of the step, and divided by the set's share of the clips each is the loss of the set.
 */
export class SetLosses {
  readonly #names: readonly string[];
  /** By set, one for each prediction that it has clips in. */
  readonly #parts: tf.Scalar[][];

  /** @param names names of the sets */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.#parts = names.map(() => []);
  }

  /**
   * Takes a prediction of clips, which may be recorded for gradients: none goes through here.
   *
   * @param sets int32 [B], the set of each clip
   * @param lossOf the mean loss of some clips: their part of a tensor of all, and their places
   */
  add(
    sets: Int32Array,
    lossOf: (
      own: <Tensor extends tf.Tensor>(all: Tensor) => Tensor,
      clips: readonly number[],
    ) => tf.Scalar,
  ): void {
    this.#parts.forEach((parts, set) => {
      const rows = [...sets.keys()].filter((clip) => sets[clip] === set);
      if (rows.length === 0) return;
      const own = <Tensor extends tf.Tensor>(all: Tensor) =>
        rows.length === sets.length ? all : tf.gather(all, tf.tensor1d(rows, "int32")) as Tensor;
      parts.push(
        tf.keep(tidy(() => tf.mul(lossOf(own, rows), rows.length / sets.length) as tf.Scalar)),
      );
    });
  }

  /**
   * The parts of all ranks by the names of losses, for the caller to dispose of; nothing is kept here.
   *
   * @param predictions of the step's clips, of each micro-batch and mask one
   */
  async take(
    predictions: number,
    gradientAverage: GradientAverage | null = null,
  ): Promise<Record<string, tf.Scalar>> {
    const losses: Record<string, tf.Scalar> = {};
    for (const [set, parts] of this.#parts.entries()) {
      const own = parts.length === 0 ? tf.scalar(0) : meanOf(parts, predictions);
      tf.dispose(parts.splice(0));
      losses[setLossName(this.#names[set])] = await gradientAverage?.meanOf(own) ?? own;
    }
    return losses;
  }
}
