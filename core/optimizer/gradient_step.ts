import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.ts";
import type { GradientAverage } from "./gradient_average.ts";
import type { LossAndGradients } from "../parameters/loss_and_gradients.ts";
import { tidy } from "../ops/tidy.ts";

/** What changes weights. */
export interface GradientContext {
  device: { check(): void };
  optimizer: Optimizer;
  /** Adds up what the ranks that share the clips of a step find. @default none */
  gradientAverage?: GradientAverage | null;
}

/** What changes from step to step. */
export interface StepChange {
  learningRate: number;
  weightDecay: number;
  /** Decay of the EMA of the weights, where there is one. @default the EMA's own */
  emaDecay?: number;
  clipGradient: number | null;
  /** Parts that this rank's clips are worked on in, one after the other. */
  microBatches: number;
}

/**
 * What a step says. It stays on the device, since a read-back waits for all that a GPU has to do;
 * whoever asked for the step disposes of it.
 */
export interface StepResult {
  /** Mean over the clips. */
  loss: tf.Scalar;
  /** Further quantities, such as the accuracy on the training clips. */
  metrics?: Readonly<Record<string, tf.Scalar>>;
}

/**
 * One optimiser step, which nothing waits for on one rank. If loss or gradient norm are not finite, it changes
 * nothing, and the optimiser's status will tell.
 *
 * @param gradientsOf loss and gradients of part `i` of this rank's clips; both are disposed of here
 * @returns the mean loss of the parts of all ranks; the caller disposes of it
 */
export async function gradientStep(
  { device, optimizer, gradientAverage = null }: GradientContext,
  { microBatches, ...change }: StepChange,
  gradientsOf: (i: number) => Promise<LossAndGradients>,
): Promise<tf.Scalar> {
  const own: tf.Scalar[] = [];
  for (let i = 0; i < microBatches; i++) {
    await gradientAverage?.begin(i, microBatches);
    const { loss, gradients } = await gradientsOf(i);
    own.push(loss);
    if (gradientAverage) await gradientAverage.add(gradients);
    else optimizer.accumulate(gradients);
    tf.dispose([...gradients.values()]);
  }
  const totals = await gradientAverage?.total(own);
  const losses = totals?.losses ?? own;
  const loss = meanOf(losses, losses.length);
  if (totals) {
    optimizer.accumulate(totals.gradients, losses.length);
    tf.dispose([...own, ...totals.gradients.values()]);
  }
  tf.dispose(losses);
  optimizer.apply({ ...change, loss });
  device.check();
  return loss;
}

/**
 * The sum of some scalars over a count. Not by tf.addN(), which on WebGPU binds all its inputs at once, more
 * than a device may take.
 */
export function meanOf(values: readonly tf.Scalar[], count: number): tf.Scalar {
  return tidy(() => tf.div<tf.Scalar>(values.reduce((sum, value) => tf.add(sum, value)), count));
}

/**
 * Part `i` of equal parts of some clips.
 *
 * @param clips pixels, labels and whatever else there is for each clip, clip by clip
 */
export function partOf<Clips extends { batch: number }>(
  clips: Clips,
  parts: number,
  i: number,
): Clips {
  const cut = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      return value.slice(i * value.length / parts, (i + 1) * value.length / parts);
    }
    const isArray = value instanceof Uint8Array || value instanceof Int32Array ||
      value instanceof Float64Array;
    if (!isArray) return value;
    return value.subarray(i * value.length / parts, (i + 1) * value.length / parts);
  };
  const own = Object.fromEntries(Object.entries(clips).map(([name, value]) => [name, cut(value)]));
  return { ...own, batch: clips.batch / parts } as Clips;
}
