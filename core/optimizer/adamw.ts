import type * as tf from "@tensorflow/tfjs-core";
import type { Parameters, ParameterSpec } from "../parameters/parameters.ts";
import type {
  AdamWKernel,
  AdamWMaker,
  LossScaleState,
  Moments,
  OptimizerStatus,
} from "./adamw_kernel.ts";
import { decayMatrices, type ParameterRule } from "./parameter_rule.ts";
import type { WeightEma } from "./weight_ema.ts";

/** Options of {@linkcode AdamW}. */
export interface AdamWOptions {
  /** Decay rates of the first and second moment. @default [0.9, 0.95] */
  betas?: readonly [number, number];
  /** Epsilon, added to the root of the second moment. @default 1e-8 */
  epsilon?: number;
  /** The rule of each tensor. @default {@linkcode decayMatrices} */
  rule?: (spec: ParameterSpec) => ParameterRule;
  /** EMA of the parameters, updated after each step. @default none */
  ema?: WeightEma | null;
}

/** Options of a step. */
export interface OptimizerStep {
  /** Learning rate η. */
  learningRate: number;
  /** Decoupled weight decay λ. */
  weightDecay: number;
  /** Maximum norm of the mean gradient, or null for no clipping. @default null */
  clipGradient?: number | null;
  /** The loss, which must be finite for the step to be applied. @default none */
  loss?: tf.Scalar;
}

/**
 * AdamW with decoupled weight decay (Loshchilov, Hutter: arXiv 1711.05101): `p ← p(1 − ηλ) − η·m̂/(√v̂ + ε)`,
 * with bias-corrected moments.
 *
 * Nothing waits for the device. A step whose loss or gradient norm is not finite changes nothing, nor do
 * later ones until {@linkcode AdamW.status} reports it. In half precision a step whose gradients overflow the
 * loss scale is skipped, though it counts, and the scale is halved.
 *
 * @example
 * ```ts
 * import { AdamW, initialParameters, lossAndGradients, openDevice, Parameters } from "@videoms/core";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const device = await openDevice({ backend: "cpu" });
 * const specs = [{ name: "x", shape: [2], initializer: { kind: "constant", value: 3 } }] as const;
 * const parameters = new Parameters(specs, initialParameters(specs, 0));
 * const optimizer = new AdamW(device, parameters);
 * for (let step = 0; step < 40; step++) {
 *   const { loss, gradients } = lossAndGradients(
 *     parameters,
 *     () => tf.sum(tf.square(parameters.get<tf.Tensor>("x"))),
 *   );
 *   optimizer.step(gradients, { learningRate: 0.2, weightDecay: 0, loss });
 *   tf.dispose([loss, ...gradients.values()]);
 * }
 * console.assert((await optimizer.status()).failure === null);
 * console.assert(Math.abs((await parameters.readTensor("x"))[0]) < 0.5);
 * ```
 */
export class AdamW {
  readonly #parameters: Parameters;
  readonly #kernel: AdamWKernel;
  #steps = 0;

  /** Creates zero moments for every parameter. */
  constructor(device: AdamWMaker, parameters: Parameters, options: AdamWOptions = {}) {
    const { betas = [0.9, 0.95], epsilon = 1e-8, rule = decayMatrices, ema = null } = options;
    this.#parameters = parameters;
    const rules = new Map(parameters.specs.map((spec) => [spec.name, rule(spec)]));
    this.#kernel = device.adamw({ parameters, rules, betas, epsilon, ema });
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
    const { learningRate, weightDecay, clipGradient = null, loss = null } = change;
    const step = this.#steps++;
    this.#kernel.step({ learningRate, weightDecay, clipGradient, loss, step });
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
