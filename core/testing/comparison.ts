/** How far a computed quantity is from the recorded one. */
export interface Comparison {
  /** What was compared, with the tensor's name where there are several. */
  quantity: string;
  error: number;
  tolerance: number;
  /** How the error is measured. */
  unit: "relative" | "different tokens" | "tensors";
  /** The tensor that is worst, where there are several. */
  worst?: string;
  /** What else there is to know, printed behind the error. */
  note?: string;
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
 * The Euclidean norm of the difference over the norm of the recorded values; infinite if sizes
 * differ.
 *
 * This is the measure for weights after AdamW steps: an entry whose gradient is about ε = 1e-8 moves
 * by a share of the rate that rounding decides, in the recorded run as well as here, so single entries
 * say little (in the shipped fine-tuning case with selection, 2 of 75,367 entries are off by more than
 * 1e-5 of their tensor's largest weight on the CPU engine; their gradients are 6e-10 and 2e-8). A wrong entry (it would be off by about the rate) still shows in the norm.
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
 * How many tokens differ between two choices, row by row, where tokens of equal importance may stand
 * in for one another.
 *
 * Ties are many: tubelets 0 and 1 share their importances, and tokens that do not move all have none.
 * Which of them the recorded run took depends on the sorting network of its library; this project
 * takes the first.
 *
 * @param importance of every token, row by row; null where there is none and tokens must be the same
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
