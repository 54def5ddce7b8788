import * as tf from "@tensorflow/tfjs-core";
import { type HostTensors, Parameters } from "../parameters/parameters.ts";

/**
 * An exponential moving average of a model's weights (Polyak, Juditsky: SIAM J. Control Optim. 30,
 * 1992): after each step `average ← decay · average + (1 − decay) · weight`.
 */
export class WeightAverage {
  readonly #source: Parameters;
  readonly #decay: number;
  /** The averaged weights, to evaluate and to save. */
  readonly parameters: Parameters;

  /** Starts from the given values, usually the current weights. */
  constructor(source: Parameters, decay: number, values: HostTensors) {
    this.#source = source;
    this.#decay = decay;
    this.parameters = new Parameters(source.specs, values);
  }

  /** Moves the average towards the weights. */
  update(): void {
    for (const [name, average] of this.parameters.entries()) {
      tf.tidy(() => {
        const weight = this.#source.get<tf.Tensor>(name);
        average.assign(tf.add(tf.mul(average, this.#decay), tf.mul(weight, 1 - this.#decay)));
      });
    }
  }

  /** Frees the averages. */
  dispose(): void {
    this.parameters.dispose();
  }
}
