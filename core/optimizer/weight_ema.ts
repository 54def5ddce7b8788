import * as tf from "@tensorflow/tfjs-core";
import { type HostTensors, Parameters } from "../parameters/parameters.ts";

/**
 * Exponential moving average (EMA) of a model's weights (Polyak, Juditsky: SIAM J. Control Optim. 30, 1992):
 * after each step `average ← decay · average + (1 − decay) · weight`. Updated by an optimiser that is given
 * it, which may be told of another decay for a step.
 */
export class WeightEma {
  readonly #source: Parameters;
  /** Decay: the share of the average that a step keeps. */
  readonly decay: number;
  /** The averaged weights, to evaluate and to save. */
  readonly parameters: Parameters;

  /** Initialises the average, usually with the current weights. */
  constructor(source: Parameters, decay: number, values: HostTensors) {
    this.#source = source;
    this.decay = decay;
    this.parameters = new Parameters(source.specs, values);
  }

  /** The updated average of a tensor; the caller disposes of it. */
  moved(name: string, decay: number = this.decay): tf.Tensor {
    return tf.tidy(() => {
      const ema = tf.mul(this.parameters.get<tf.Tensor>(name), decay);
      return tf.add(ema, tf.mul(this.#source.get<tf.Tensor>(name), 1 - decay));
    });
  }

  /** Updates the average in stock operations. */
  update(decay: number = this.decay): void {
    for (const [name, ema] of this.parameters.entries()) {
      tf.tidy(() => ema.assign(this.moved(name, decay)));
    }
  }

  /** Frees the averages. */
  dispose(): void {
    this.parameters.dispose();
  }
}
