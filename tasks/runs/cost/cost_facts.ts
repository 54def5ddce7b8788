import { type ClipCost, trainingCost } from "@videoms/models";

/** Name of the fact in `task.json`. */
const PER_CLIP = "multiplyAccumulatesPerClip";

/** What `task.json` says of a run's cost. */
export function costFacts(cost: ClipCost): Record<string, number> {
  return { [PER_CLIP]: trainingCost(cost) };
}

/** Multiply-accumulates of one clip in training, by a `task.json`; null where it does not say. */
export function perClipOf(record: Readonly<Record<string, unknown>>): number | null {
  const value = record[PER_CLIP];
  return typeof value === "number" ? value : null;
}
