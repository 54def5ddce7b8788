import * as tf from "@tensorflow/tfjs-core";
import { type HostTensors, Parameters } from "../parameters/parameters.ts";

/**
 * An exponential moving average of a model's weights (Polyak, Juditsky: SIAM J. Control Optim. 30,
 * 1992): after each step `average ← decay · average + (1 − decay) · weight`. An optimiser that is
 * given it moves it.
 */
export class WeightAverage {
  readonly #source: Parameters;
  /** Share of the average that a step keeps. */
  readonly decay: number;
  /** The averaged weights, to evaluate and to save. */
  readonly parameters: Parameters;

  /** Starts from the given values, usually the current weights. */
  constructor(source: Parameters, decay: number, values: HostTensors) {
    this.#source = source;
    this.decay = decay;
    this.parameters = new Parameters(source.specs, values);
  }

  /** What the average of a tensor becomes now; the caller disposes of it. */
  moved(name: string): tf.Tensor {
    return tf.tidy(() => {
      const average = tf.mul(this.parameters.get<tf.Tensor>(name), this.decay);
      return tf.add(average, tf.mul(this.#source.get<tf.Tensor>(name), 1 - this.decay));
    });
  }

  /** Moves the average towards the weights in stock operations. */
  update(): void {
    for (const [name, average] of this.parameters.entries()) {
      tf.tidy(() => average.assign(this.moved(name)));
    }
  }

  /** Frees the averages. */
  dispose(): void {
    this.parameters.dispose();
  }
}
