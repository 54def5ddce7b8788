import type { Json } from "@videoms/core";

/** What the best checkpoint is chosen by: the least loss, or the largest accuracy. */
export type BestMeasure = "loss" | "accuracy";

/** The checkpoint whose weights did best on held-out videos. */
export interface BestCheckpoint {
  readonly step: number;
  readonly value: number;
}

/** The best checkpoint that the note beside a checkpoint names; null if it names none. */
export function bestOf(info: Json, measure: BestMeasure | null): BestCheckpoint | null {
  const best = (info as { best?: Partial<Record<string, unknown>> } | null)?.best;
  const value = measure && best?.[measure];
  if (typeof best?.step !== "number" || typeof value !== "number") return null;
  return { step: best.step, value };
}

/** The note of the best checkpoint. */
export function bestNote(
  best: BestCheckpoint | null,
  measure: BestMeasure | null,
): { step: number; [measure: string]: number } | null {
  return best && measure && { step: best.step, [measure]: best.value };
}

/** Whether weights do better than the best before; of equal ones the earlier are kept. */
export function isBetter(
  value: number,
  best: BestCheckpoint | null,
  measure: BestMeasure | null,
): boolean {
  if (best === null || measure === null) return measure !== null;
  return measure === "loss" ? value < best.value : value > best.value;
}

/**
 * Whether the note beside a checkpoint says that its weights were evaluated where they had to be: a stop may
 * come before. Kinds of training that could not be stopped there used to note nothing.
 */
export function isValidated(info: Json): boolean {
  return (info as { validated?: Json } | null)?.validated !== false;
}
