import { distance } from "fastest-levenshtein";

/** Length of the common prefix of two names. */
function sharedStart(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

/** Whether a name is part of another one, as "motion" is of "motion-centric". */
function isPart(name: string, whole: string): boolean {
  return name.length > 2 && whole.includes(name);
}

/** The nearest name; on ties the one with the longest common prefix. */
function closest(name: string, known: readonly string[]): string {
  const rank = (one: string) =>
    (isPart(name, one) ? 0 : distance(name, one)) - sharedStart(name, one) / 1000;
  return known.reduce((best, one) => rank(one) < rank(best) ? one : best);
}

/** More names than this are too many to read through. */
const MOST_LISTED = 24;

/** What is listed of many dotted names: those of the same section, as of "optimizer.learningRate". */
function listed(name: string, known: readonly string[]): readonly string[] {
  const section = name.slice(0, name.lastIndexOf(".") + 1);
  const beside = known.filter((one) => one.startsWith(section));
  return known.length > MOST_LISTED && section !== "" && beside.length > 0 ? beside : known;
}

/**
 * A hint for an unknown name: the nearest known name, if any is near, and all known names; of a great many dotted
 * ones, those of the same section.
 *
 * @example
 * ```ts
 * import { nearest } from "@videoms/core";
 *
 * console.assert(nearest("tub", ["random", "tube"]) === 'did you mean "tube"? Known: random, tube');
 * ```
 */
export function nearest(name: string, known: readonly string[]): string {
  if (known.length === 0) return "none is known";
  const list = [...listed(name, known)].sort().join(", ");
  const candidate = closest(name, known);
  const most = Math.max(2, Math.floor(candidate.length / 2));
  const isNear = isPart(name, candidate) || distance(name, candidate) <= most;
  return isNear ? `did you mean "${candidate}"? Known: ${list}` : `known: ${list}`;
}
