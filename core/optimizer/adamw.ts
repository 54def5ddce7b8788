import type { Parameters, ParameterSpec } from "../parameters/parameters.ts";
import type { AdamWMaker, AdamWSubject } from "./adamw_kernel.ts";
import { Optimizer } from "./optimizer.ts";
import { decayMatrices, type ParameterRule } from "./parameter_rule.ts";
import type { WeightEma } from "./weight_ema.ts";

/** Options of {@linkcode AdamW} and other optimisers. */
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

/** What a kernel optimises by, with the defaults of what is left out. */
export function subjectOf(parameters: Parameters, options: AdamWOptions): AdamWSubject {
  const { betas = [0.9, 0.95], epsilon = 1e-8, rule = decayMatrices, ema = null } = options;
  const rules = new Map(parameters.specs.map((spec) => [spec.name, rule(spec)]));
  return { parameters, rules, betas, epsilon, ema };
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
export class AdamW extends Optimizer {
  /** Creates zero moments for every parameter. */
  constructor(device: AdamWMaker, parameters: Parameters, options: AdamWOptions = {}) {
    super(parameters, device.adamw(subjectOf(parameters, options)));
  }
}
