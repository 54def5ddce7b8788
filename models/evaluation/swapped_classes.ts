import { oppositeNames } from "@videoms/core";
import type { ScoreSummary } from "./score_summary.ts";

/** Two classes that become each other when videos run backwards, and how often one is taken for the other. */
export interface SwappedClasses {
  readonly classes: readonly [string, string];
  /** Readable videos of both. */
  readonly videos: number;
  /** Those that are given the other one's name. */
  readonly swapped: number;
}

/** What a reversed evaluation should confuse, by the names of the classes. */
export function swappedClasses(
  classes: readonly string[],
  confusion: ScoreSummary["confusion"],
): SwappedClasses[] {
  const given = (label: number) =>
    confusion.subarray(label * classes.length, (label + 1) * classes.length);
  return oppositeNames(classes, "reversal").map(([a, b]) => ({
    classes: [classes[a], classes[b]],
    videos: [...given(a), ...given(b)].reduce((sum, count) => sum + count, 0),
    swapped: given(a)[b] + given(b)[a],
  }));
}
