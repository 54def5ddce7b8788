/** The error of a computed quantity against the recorded one. */
export interface Comparison {
  /** Name of the compared quantity, with the tensor's name if there are several. */
  quantity: string;
  error: number;
  tolerance: number;
  /** Unit of the error. */
  unit: "relative" | "different tokens" | "tensors";
  /** The worst tensor, if there are several. */
  worst?: string;
  /** A note, printed after the error. */
  note?: string;
}

/** Whether a comparison passes; a NaN error does not. */
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

/** A comparison by {@linkcode relativeError}. */
export function compareValues(
  quantity: string,
  computed: ArrayLike<number>,
  recorded: ArrayLike<number>,
  tolerance: number,
): Comparison {
  return { quantity, error: relativeError(computed, recorded), tolerance, unit: "relative" };
}

/**
 * The Euclidean norm of the difference over the norm of the recorded values; infinite if sizes differ.
 *
 * Used for weights after AdamW steps: the update of an entry whose gradient is about ε = 1e-8 depends on
 * rounding, in the recorded run as well, so single entries mean little (in the shipped fine-tuning case with
 * selection, 2 of 75,367 entries are off by more than 1e-5 of their tensor's largest weight on the CPU
 * engine; their gradients are 6e-10 and 2e-8). A wrong entry (it would be off by about the rate) still shows
 * in the norm.
 */
export function relativeNorm(computed: ArrayLike<number>, recorded: ArrayLike<number>): number {
  if (computed.length !== recorded.length) return Infinity;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < recorded.length; i++) {
    difference += (computed[i] - recorded[i]) ** 2;
    magnitude += recorded[i] ** 2;
  }
  return magnitude === 0 ? Math.sqrt(difference) : Math.sqrt(difference / magnitude);
}

/** The worst error over tensors of the same names. */
export function compareTensors(
  quantity: string,
  computed: ReadonlyMap<string, ArrayLike<number>>,
  recorded: ReadonlyMap<string, ArrayLike<number>>,
  tolerance: number,
  errorOf: (computed: ArrayLike<number>, recorded: ArrayLike<number>) => number = relativeError,
): Comparison {
  let error = 0;
  let worst = "";
  for (const [name, values] of recorded) {
    const here = errorOf(computed.get(name) ?? [], values);
    if (!(here <= error)) {
      error = here;
      worst = name;
      if (Number.isNaN(here)) break;
    }
  }
  return { quantity, error, tolerance, unit: "relative", worst };
}

/** Importances that differ by less than this, relative to the largest one, count as tied. */
const TIE = 1e-5;

/**
 * Counts the tokens that differ between two selections, row by row; tokens of equal importance are
 * interchangeable.
 *
 * Ties are frequent: tubelets 0 and 1 share their importance, and still tokens have none. Which of them the
 * recorded run selected depends on its library's sorting; this project selects the first.
 *
 * @param importance of every token, row by row; null if tokens must be the same
 */
export function compareChoices(
  quantity: string,
  computed: readonly ArrayLike<number>[],
  recorded: readonly ArrayLike<number>[],
  importance: readonly ArrayLike<number>[] | null,
): Comparison {
  let error = 0;
  recorded.forEach((row, b) => {
    const values = importance?.[b] ?? null;
    const keysOf = (tokens: ArrayLike<number>) =>
      Array.from(tokens, (n) => values === null ? n : values[n]).sort((x, y) => y - x);
    const tie = values === null ? 0 : TIE * Math.max(...Array.from(values));
    const expected = keysOf(row);
    const chosen = keysOf(computed[b] ?? []);
    error += Math.abs(expected.length - chosen.length);
    expected.slice(0, chosen.length).forEach((key, i) => {
      if (!(Math.abs(key - chosen[i]) <= tie)) error++;
    });
  });
  return { quantity, error, tolerance: 0, unit: "different tokens" };
}
