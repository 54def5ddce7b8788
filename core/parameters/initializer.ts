import type { RandomStream } from "../random/random_stream.ts";

/** Initialiser of a tensor. */
export type Initializer =
  | { kind: "constant"; value: number }
  /** Uniform in ±`bound`. */
  | { kind: "uniform"; bound: number }
  /** Normal with the given std, redrawn beyond ±`limit`. */
  | { kind: "truncated-normal"; std: number; limit: number };

/** Glorot's uniform bound for a dense layer: ±√(6/(in + out)) (Glorot, Bengio: AISTATS 2010). */
export function xavierUniform(inputs: number, outputs: number): Initializer {
  return { kind: "uniform", bound: Math.sqrt(6 / (inputs + outputs)) };
}

/** Initial values of a tensor. */
export function initialValues(
  initializer: Initializer,
  size: number,
  random: RandomStream,
): Float32Array {
  const values = new Float32Array(size);
  switch (initializer.kind) {
    case "constant":
      return values.fill(initializer.value);
    case "uniform":
      for (let i = 0; i < size; i++) values[i] = (2 * random.uniform() - 1) * initializer.bound;
      return values;
    case "truncated-normal":
      for (let i = 0; i < size; i++) {
        do values[i] = random.normal() * initializer.std; while (
          Math.abs(values[i]) > initializer.limit
        );
      }
      return values;
  }
}
