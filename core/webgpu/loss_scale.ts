import type * as tf from "@tensorflow/tfjs-core";
import type { LossScaleState } from "../optimizer/adamw_kernel.ts";
import type { GpuMemory } from "./gpu_memory.ts";
import type { ValueType } from "./value_type.ts";

/** Indices of the numbers of a {@linkcode LossScale}. */
export const LossScalePlaces = {
  /** S, a power of two. */
  scale: 0,
  /** 1/S. */
  inverse: 1,
  /** Steps since S changed. */
  goodSteps: 2,
  /** Steps skipped because gradients overflowed. */
  overflows: 3,
  count: 4,
} as const;

/** The initial scale (Micikevicius et al.: arXiv 1710.03740 take 8 to 32,768). */
export const FIRST_LOSS_SCALE = 2 ** 15;

/** Maximum scale: gradients that need more are effectively zero. */
export const LARGEST_LOSS_SCALE = 2 ** 24;

/** Number of good steps after which the scale doubles. */
export const GROWTH_STEPS = 2000;

/** Storage of kernels' results. */
export interface ResultStorage {
  /** Type of activations and their gradients; everything else is float32. */
  readonly type: ValueType;
  /** Loss scale of half-precision gradients; null if there are none. */
  readonly lossScale: LossScale | null;
}

/** All in float32. */
export const FLOAT_STORAGE: ResultStorage = { type: "f32", lossScale: null };

/** Factor of a gradient as it is computed from another one. */
export interface GradientFactor {
  /** The numbers of the {@linkcode LossScale}. */
  readonly numbers: tf.TensorInfo;
  /** Index of the factor. */
  readonly place: number;
}

/**
 * The factor S of gradients stored in half precision, whose smallest positive number is 6e-8: small gradients
 * would be lost without it. It is on the device, where the optimiser halves it when gradients overflow, and
 * doubles it after many steps without overflow.
 *
 * The rule is that a gradient in half precision carries S and one in float32 does not. S being a power of
 * two, the factor itself rounds nothing.
 */
export class LossScale {
  readonly #memory: GpuMemory;
  /** The numbers, at {@linkcode LossScalePlaces}. */
  readonly numbers: tf.TensorInfo;

  /** Allocates the numbers. */
  constructor(memory: GpuMemory) {
    this.#memory = memory;
    this.numbers = memory.reserve(LossScalePlaces.count);
    this.write({ scale: FIRST_LOSS_SCALE, goodSteps: 0, overflows: 0 });
  }

  /** The factor between gradients of these types, or null if they have the same scale. */
  between(from: ValueType, to: ValueType): GradientFactor | null {
    if (from === to) return null;
    const { scale, inverse } = LossScalePlaces;
    return { numbers: this.numbers, place: to === "f16" ? scale : inverse };
  }

  /** Restores a state. */
  write({ scale, goodSteps, overflows }: LossScaleState): void {
    const numbers = new Float32Array(LossScalePlaces.count);
    numbers[LossScalePlaces.scale] = scale;
    numbers[LossScalePlaces.inverse] = 1 / scale;
    numbers[LossScalePlaces.goodSteps] = goodSteps;
    numbers[LossScalePlaces.overflows] = overflows;
    this.#memory.write(this.#memory.rangeOf(this.numbers), numbers);
  }

  /** The state; waits for the device. */
  async read(): Promise<LossScaleState> {
    const numbers = await this.#memory.read(this.#memory.rangeOf(this.numbers));
    return {
      scale: numbers[LossScalePlaces.scale],
      goodSteps: numbers[LossScalePlaces.goodSteps],
      overflows: numbers[LossScalePlaces.overflows],
    };
  }
}
