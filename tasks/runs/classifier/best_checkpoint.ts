import type { Json } from "@videoms/core";

/** The checkpoint whose weights did best in validation. */
export interface BestCheckpoint {
  /** Optimiser steps behind it. */
  readonly step: number;
  /** Share of the validation videos that it classified rightly. */
  readonly accuracy: number;
}

/** Whether the note beside a checkpoint says that its weights were validated where they had to be. */
export function isValidated(info: Json): boolean {
  return typeof info === "object" && info !== null && "validated" in info &&
    info.validated === true;
}

/** The best checkpoint that the note beside a checkpoint names; null if it names none. */
export function bestOf(info: Json): BestCheckpoint | null {
  if (typeof info !== "object" || info === null || !("best" in info)) return null;
  const { best } = info as { best: Partial<BestCheckpoint> | null };
  if (typeof best?.step !== "number" || typeof best.accuracy !== "number") return null;
  return { step: best.step, accuracy: best.accuracy };
}
