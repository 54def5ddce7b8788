import type { RandomStream, StepChange } from "@videoms/core";

/** What a training loop hands to a step. */
export interface LoopStep extends StepChange {
  /** One stream for each clip. */
  random: readonly RandomStream[];
  /** Stream of the step, for what its clips share: how they are mixed. */
  mixing: RandomStream;
  /** Share of the steps that is done, [0, 1). */
  progress?: number;
  /** Positions of the clips in those of all ranks, which work on so many at a time. @default all clips are here */
  places?: { readonly places: Int32Array; readonly together: number };
}
