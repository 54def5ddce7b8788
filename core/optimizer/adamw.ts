import type * as tf from "@tensorflow/tfjs-core";
import type { Device } from "../device/open_device.ts";
import type { Parameters, ParameterSpec } from "../parameters/parameters.ts";
import { sizeOf } from "../parameters/parameters.ts";
import type { Moments } from "./adamw_kernel.ts";

/** How one tensor is optimised beside the schedule. */
export interface ParameterRule {
  /** Factor of the weight decay; 0 for none. */
  decayScale: number;
  /** Factor of the learning rate (layer-wise decay). */
  rateScale: number;
}

/** Options of {@linkcode AdamW}. */
export interface AdamWOptions {
  /** Decay rates of the first and second moment. @default [0.9, 0.95] */
  betas?: readonly [number, number];
  /** Added to the root of the second moment. @default 1e-8 */
  epsilon?: number;
  /** The rule of each tensor. @default {@linkcode decayMatrices} */
  rule?: (spec: ParameterSpec) => ParameterRule;
}

/** The usual rule: vectors (biases, norms, tokens) are not decayed, everything else is. */
export function decayMatrices(spec: ParameterSpec): ParameterRule {
  return { decayScale: spec.shape.length > 1 ? 1 : 0, rateScale: 1 };
}

/** What changes from step to step. */
export interface OptimizerStep {
  /** Learning rate η. */
  learningRate: number;
  /** Decoupled weight decay λ. */
  weightDecay: number;
  /** Factor that gradients are multiplied with first (accumulation, clipping). @default 1 */
  gradientScale?: number;
}

/**
 * AdamW with decoupled weight decay (Loshchilov, Hutter: arXiv 1711.05101):
 * `p ← p(1 − ηλ) − η·m̂/(√v̂ + ε)`, moments corrected for their bias.
 */
export class AdamW {
  readonly #device: Device;
  readonly #parameters: Parameters;
  readonly #options: Required<AdamWOptions>;
  readonly #states: Map<string, unknown>;
  #steps = 0;

  /** Moments of zero for every parameter. */
  constructor(device: Device, parameters: Parameters, options: AdamWOptions = {}) {
    this.#device = device;
    this.#parameters = parameters;
    this.#options = { betas: [0.9, 0.95], epsilon: 1e-8, rule: decayMatrices, ...options };
    this.#states = new Map(
      parameters.specs.map(({ name, shape }) => [name, device.adamw.create(sizeOf(shape))]),
    );
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  /** Changes every parameter in place by one step. */
  step(gradients: ReadonlyMap<string, tf.Tensor>, change: OptimizerStep): void {
    const { betas, epsilon, rule } = this.#options;
    this.#steps++;
    for (const spec of this.#parameters.specs) {
      const { decayScale, rateScale } = rule(spec);
      this.#device.adamw.update(
        this.#parameters.get<tf.Variable>(spec.name),
        gradients.get(spec.name)!,
        this.#states.get(spec.name),
        {
          learningRate: change.learningRate * rateScale,
          weightDecay: change.weightDecay * decayScale,
          betas,
          epsilon,
          step: this.#steps,
          gradientScale: change.gradientScale ?? 1,
        },
      );
    }
  }

  /** The moments of a parameter on the host. */
  async readMoments(name: string): Promise<Moments> {
    return await this.#device.adamw.read(this.#stateOf(name));
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
    this.#device.adamw.write(this.#stateOf(name), moments);
  }

  /** Goes on as if `steps` steps were done. */
  continueFrom(steps: number): void {
    this.#steps = steps;
  }

  #stateOf(name: string): unknown {
    this.#parameters.get(name); // refuses unknown names
    return this.#states.get(name);
  }

  /** Frees the moments. */
  dispose(): void {
    for (const state of this.#states.values()) this.#device.adamw.dispose(state);
  }
}
