import { closest, distance } from "fastest-levenshtein";

/**
 * A hint for a name that is not known: the nearest known name if one is near, and all known names.
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
  const candidate = closest(name, [...known]);
  const near = distance(name, candidate) <= Math.max(2, Math.floor(candidate.length / 2));
  return near ? `did you mean "${candidate}"? ${list}` : list;
}
