import type { ProbeHead } from "@videoms/models";
import type { Validation } from "../classifier/validation.ts";

/** How a head does. */
export interface RatedHead extends ProbeHead, Pick<Validation, "top1" | "topK" | "loss"> {}

/** How all heads of a probe do. */
export interface RatedHeads extends Pick<Validation, "k" | "videos"> {
  heads: RatedHead[];
}

/** Place of the best head: most often right; of equal ones that with the smallest loss. */
export function bestHead(heads: readonly RatedHead[]): number {
  return heads.reduce((best, { top1, loss }, i) => {
    const { top1: most, loss: least } = heads[best];
    return top1 > most || (top1 === most && loss < least) ? i : best;
  }, 0);
}
