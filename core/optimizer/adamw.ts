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
import type { WeightAverage } from "./weight_average.ts";

/** Options of {@linkcode AdamW}. */
export interface AdamWOptions {
  /** Decay rates of the first and second moment. @default [0.9, 0.95] */
  betas?: readonly [number, number];
  /** Added to the root of the second moment. @default 1e-8 */
  epsilon?: number;
  /** The rule of each tensor. @default {@linkcode decayMatrices} */
  rule?: (spec: ParameterSpec) => ParameterRule;
  /** An average of these parameters, moved after each step. @default none */
  average?: WeightAverage | null;
}

/** What changes from step to step. */
export interface OptimizerStep {
  /** Learning rate η. */
  learningRate: number;
  /** Decoupled weight decay λ. */
  weightDecay: number;
  /** Largest norm of the mean gradient, or null for no limit. @default null */
  clipGradient?: number | null;
  /** The loss, which must be finite too for the step to happen. @default none */
  loss?: tf.Scalar;
}

/**
 * AdamW with decoupled weight decay (Loshchilov, Hutter: arXiv 1711.05101):
 * `p ← p(1 − ηλ) − η·m̂/(√v̂ + ε)`, moments corrected for their bias.
 *
 * Nothing waits for the device. A step whose loss or gradient norm is not finite changes nothing, and
 * neither do later ones until {@linkcode AdamW.status} tells of it. In half precision a step whose gradients
 * are too large for their loss scale is left out, though it counts, and the scale is halved.
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

  /** Moments of zero for every parameter. */
  constructor(device: AdamWMaker, parameters: Parameters, options: AdamWOptions = {}) {
    const { betas = [0.9, 0.95], epsilon = 1e-8, rule = decayMatrices, average = null } = options;
    this.#parameters = parameters;
    const rules = new Map(parameters.specs.map((spec) => [spec.name, rule(spec)]));
    this.#kernel = device.adamw({ parameters, rules, betas, epsilon, average });
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Adds the gradients of a micro-batch to those of the next step. The caller keeps the tensors.
   *
   * @throws {RangeError} if a parameter has no gradient
   */
  accumulate(gradients: ReadonlyMap<string, tf.Tensor>): void {
    for (const { name } of this.#parameters.specs) {
      if (!gradients.has(name)) {
        throw new RangeError(`Cannot optimise: parameter "${name}" must have a gradient, got none`);
      }
    }
    this.#kernel.accumulate(gradients);
  }

  /**
   * Changes every parameter in place by one step, from the mean of these gradients and those
   * accumulated. The caller keeps the tensors.
   *
   * @throws {RangeError} if a parameter has no gradient
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, change: OptimizerStep): void {
    this.accumulate(gradients);
    const { learningRate, weightDecay, clipGradient = null, loss = null } = change;
    const step = this.#steps++;
    this.#kernel.step({ learningRate, weightDecay, clipGradient, loss, step });
  }

  /**
   * Reads how the steps went; waits for the device. After a failure the steps are those done before
   * it, and the next one counts again.
   */
  async status(): Promise<OptimizerStatus> {
    const status = await this.#kernel.status();
    if (status.failure) this.#steps = status.failure.step;
    return status;
  }

  /**
   * The moments of a parameter on the host.
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
        `Cannot restore the optimiser: moments of "${name}" must have ${size} values, got ` +
          `${moments.first.length} and ${moments.second.length}`,
      );
    }
    this.#kernel.writeMoments(name, moments);
  }

  /** The factor of gradients in half precision; null where there are none. Waits for the device. */
  async readLossScale(): Promise<LossScaleState | null> {
    return await this.#kernel.readLossScale?.() ?? null;
  }

  /**
   * Goes on as if `steps` steps were done.
   *
   * @param lossScale where half precision goes on from; null starts afresh
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
