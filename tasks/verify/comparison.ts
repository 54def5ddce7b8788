/** How far a computed quantity is from the recorded one. */
export interface Comparison {
  /** What was compared, with the tensor's name where there are several. */
  quantity: string;
  /** The worst error. */
  error: number;
  /** The largest error that passes. */
  tolerance: number;
  /** How the error is measured. */
  unit: "relative" | "different tokens" | "tensors";
  /** The tensor that is worst, where there are several. */
  worst?: string;
}

/** Whether a comparison passes; an error that is no number does not. */
export function passes({ error, tolerance }: Comparison): boolean {
  return error <= tolerance;
}

/**
 * The largest absolute difference over the largest recorded magnitude; infinite if sizes differ.
 */
export function relativeError(computed: ArrayLike<number>, recorded: ArrayLike<number>): number {
  if (computed.length !== recorded.length) return Infinity;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < recorded.length; i++) {
    const here = Math.abs(computed[i] - recorded[i]);
    if (Number.isNaN(here)) return NaN;
    difference = Math.max(difference, here);
    magnitude = Math.max(magnitude, Math.abs(recorded[i]));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}

/** The worst relative error over tensors of the same names. */
export function compareTensors(
  quantity: string,
  computed: ReadonlyMap<string, ArrayLike<number>>,
  recorded: ReadonlyMap<string, ArrayLike<number>>,
  tolerance: number,
): Comparison {
  let error = 0;
  let worst = "";
  for (const [name, values] of recorded) {
    const here = relativeError(computed.get(name) ?? [], values);
    if (!(here <= error)) {
      error = here;
      worst = name;
      if (Number.isNaN(here)) break;
    }
  }
  return { quantity, error, tolerance, unit: "relative", worst };
}

/** How many tokens differ between two choices, row by row. */
export function compareChoices(
  quantity: string,
  computed: readonly ArrayLike<number>[],
  recorded: readonly ArrayLike<number>[],
): Comparison {
  let error = 0;
  recorded.forEach((row, b) => {
    const expected = new Set(Array.from(row));
    const chosen = Array.from(computed[b] ?? []);
    const common = chosen.filter((n) => expected.has(n)).length;
    error += Math.max(expected.size, chosen.length) - common;
  });
  return { quantity, error, tolerance: 0, unit: "different tokens" };
}
