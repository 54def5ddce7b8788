import type { Json } from "@videoms/core";

/** The checkpoint whose weights have the least loss on held-out clips. */
export interface LeastLoss {
  readonly step: number;
  readonly loss: number;
}

/** The best checkpoint that the note beside a checkpoint names; null if it names none. */
export function leastLossOf(info: Json): LeastLoss | null {
  const best = (info as { best?: Partial<LeastLoss> } | null)?.best;
  if (typeof best?.step !== "number" || typeof best.loss !== "number") return null;
  return { step: best.step, loss: best.loss };
}
