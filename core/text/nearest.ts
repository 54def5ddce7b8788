import { distance } from "fastest-levenshtein";

/** Length of the common prefix of two names. */
function sharedStart(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

/** The nearest name; on ties the one with the longest common prefix. */
function closest(name: string, known: readonly string[]): string {
  const rank = (one: string) => distance(name, one) - sharedStart(name, one) / 1000;
  return known.reduce((best, one) => rank(one) < rank(best) ? one : best);
}

/**
 * A hint for an unknown name: the nearest known name, if any is near, and all known names.
 *
 * @example
 * ```ts
 * import { nearest } from "@videoms/core";
 *
 * console.assert(nearest("tub", ["random", "tube"]) === 'did you mean "tube"? Known: random, tube');
 * ```
 */
export function nearest(name: string, known: readonly string[]): string {
  const list = `Known: ${[...known].sort().join(", ")}`;
  if (known.length === 0) return "none is known";
  const candidate = closest(name, known);
  const near = distance(name, candidate) <= Math.max(2, Math.floor(candidate.length / 2));
  return near ? `did you mean "${candidate}"? ${list}` : list;
}
