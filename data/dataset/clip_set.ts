import type { Descriptor } from "@videoms/core";

/** One of the data sets of a mix, as clips of its videos are drawn. */
export interface ClipSet {
  /** Letters, digits, dots, hyphens and underscores; no other set of the mix has it. */
  readonly name: string;
  /** Share of the clips in training, above 0; those of all sets add up to 1. */
  readonly share: number;
  /** Frames from one frame of a clip to the next. @default the task's */
  readonly samplingRate?: number;
  /** Target rate in frames per second; null for each frame of the video. @default the task's */
  readonly fps?: number | null;
  /** Frame selector of its clips. @default the task's */
  readonly frames?: Descriptor<"frames">;
}

/** What tells whether the sets of a mix have one class list. */
export interface MixedClasses {
  /** The class lists of a mix whose sets have different ones, for people. @default there is one class list */
  readonly separateClasses?: string;
}

/**
 * Checks that a classifier can be trained on a data set.
 *
 * @throws {RangeError} for a mix of sets with different classes
 */
export function requireOneClassList({ separateClasses }: MixedClasses): void {
  if (separateClasses === undefined) return;
  throw new RangeError(
    "Cannot train a classifier on a mix of data sets: all must have the same classes, got " +
      separateClasses,
  );
}
