import type * as tf from "@tensorflow/tfjs-core";
import type { Parameters } from "../parameters/parameters.ts";
import type { AdamWKernel, LossScaleState, Moments, OptimizerStatus } from "./adamw_kernel.ts";

/** Options of a step. */
export interface OptimizerStep {
  /** Learning rate η. */
  learningRate: number;
  /** Decoupled weight decay λ. */
  weightDecay: number;
  /** Decay of the EMA of the weights in this step, where there is one. @default the EMA's own */
  emaDecay?: number;
  /** Maximum norm of the mean gradient, or null for no clipping. @default null */
  clipGradient?: number | null;
  /** The loss, which must be finite for the step to be applied. @default none */
  loss?: tf.Scalar;
}

/**
 * What changes parameters by their gradients: counts steps, sums the gradients of micro-batches, keeps moments.
 *
 * Nothing waits for the device. A step whose loss or gradient norm is not finite changes nothing, nor do later ones until
 * {@linkcode Optimizer.status} reports it.
 */
export class Optimizer {
  readonly #parameters: Parameters;
  readonly #kernel: AdamWKernel;
  #steps = 0;

  /** Takes the kernel, which it disposes of. */
  constructor(parameters: Parameters, kernel: AdamWKernel) {
    this.#parameters = parameters;
    this.#kernel = kernel;
  }

  /** Number of steps done. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Accumulates the gradients of a micro-batch for the next step. The caller keeps the tensors.
   *
   * @param parts micro-batches of which they are the sum @default 1
   * @throws {RangeError} if a parameter has no gradient
   */
  accumulate(gradients: ReadonlyMap<string, tf.Tensor>, parts = 1): void {
    for (const { name } of this.#parameters.specs) {
      if (!gradients.has(name)) {
        throw new RangeError(`Cannot train: parameter "${name}" must have a gradient, got none`);
      }
    }
    this.#kernel.accumulate(gradients, parts);
  }

  /**
   * Updates all parameters in place from the mean of these and the accumulated gradients. The caller keeps
   * the tensors.
   *
   * @throws {RangeError} if a parameter has no gradient
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, change: OptimizerStep): void {
    this.accumulate(gradients);
    this.apply(change);
  }

  /** Updates all parameters in place from the mean of the accumulated gradients. */
  apply(change: OptimizerStep): void {
    const { learningRate, weightDecay, emaDecay, clipGradient = null, loss = null } = change;
    const step = this.#steps++;
    this.#kernel.step({ learningRate, weightDecay, emaDecay, clipGradient, loss, step });
  }

  /**
   * Reads the status of the steps; waits for the device. After a failure the step count is that before it.
   */
  async status(): Promise<OptimizerStatus> {
    const status = await this.#kernel.status();
    if (status.failure) this.#steps = status.failure.step;
    return status;
  }

  /**
   * Reads the moments of a parameter.
   *
   * @throws {RangeError} for an unknown name
   */
  async readMoments(name: string): Promise<Moments> {
    this.#parameters.get(name);
    return await this.#kernel.readMoments(name);
  }

  /**
   * Replaces the moments of a parameter.
   *
   * @throws {RangeError} for an unknown name or another number of values
   */
  writeMoments(name: string, moments: Moments): void {
    const { size } = this.#parameters.get(name);
    if (moments.first.length !== size || moments.second.length !== size) {
      throw new RangeError(
        `Cannot load the optimiser: moments of "${name}" must have ${size} values, got ` +
          `${moments.first.length} and ${moments.second.length}`,
      );
    }
    this.#kernel.writeMoments(name, moments);
  }

  /** The loss scale in half precision, else null. Waits for the device. */
  async readLossScale(): Promise<LossScaleState | null> {
    return await this.#kernel.readLossScale?.() ?? null;
  }

  /**
   * Sets the number of steps done.
   *
   * @param lossScale the loss scale to resume; null for a fresh one
   */
  continueFrom(steps: number, lossScale: LossScaleState | null = null): void {
    this.#steps = steps;
    if (lossScale) this.#kernel.writeLossScale?.(lossScale);
  }

  /** Frees the moments. */
  dispose(): void {
    this.#kernel.dispose();
  }
}
