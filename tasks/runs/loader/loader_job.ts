import type { Descriptor, RandomStream, Registry } from "@videoms/core";
import {
  centreCrop,
  type ClipAugmentation,
  type ClipBatch,
  clipBatches,
  type ClipBatchesOptions,
  type ClipPlan,
  type ClipSet,
  type GroupTimes,
  multiScaleCrop,
  type PlanClip,
  watchLoopLag,
} from "@videoms/data";
import type { FrameSelector } from "@videoms/masking";
import { clipFrames, type ClipTask, videoSelector } from "@videoms/studio/views";

/** How training clips are planned, as plain JSON: a worker can be told. */
export interface ClipRecipe {
  clip: ClipTask;
  frames: Descriptor<"frames">;
  /** The box that is cut out of them, or how they are augmented. */
  crop: "centre" | "multi-scale" | Descriptor<"augmentation">;
}

/** What a loader of training clips is told, as plain data. */
export interface LoaderJob
  extends Omit<ClipBatchesOptions, "plan" | "pool" | "signal" | "onGroup"> {
  recipe: ClipRecipe;
}

/** A batch, and what its loader was at since the batch before. */
export interface LoadedBatch extends ClipBatch {
  readonly loader: {
    /** How late timers came on the loader's thread, in milliseconds. */
    readonly lateMs: readonly number[];
    readonly groups: readonly GroupTimes[];
  };
}

/** The plugins that a recipe for clips of some sets names. */
export function pluginsOfRecipe(
  { frames, crop }: ClipRecipe,
  sets: readonly ClipSet[] = [],
): Descriptor[] {
  const own = sets.flatMap(({ frames = [] }) => frames);
  return [frames, ...own, ...typeof crop === "string" ? [] : [crop]];
}

export function planOf({ clip, frames, crop }: ClipRecipe, registry: Registry): PlanClip {
  const selector = videoSelector(registry, clip, registry.create<FrameSelector>(frames));
  const { imageSize } = clip.model;
  // The samples of a clip show the same frames, so that one decode serves them all.
  const framesOf = (...[video, random]: Parameters<PlanClip>) =>
    clipFrames(clip, selector, video, "train", random);
  if (typeof crop !== "string") {
    const augmentation = registry.create<ClipAugmentation>(crop);
    return (video, random: RandomStream, sample): ClipPlan => {
      const plan = augmentation.plan(video.record, imageSize, random.child("augment", sample));
      return {
        frames: framesOf(video, random, sample),
        ...plan.decode,
        finish: (decoded) => augmentation.apply(decoded, plan),
        erase: plan.erase,
      };
    };
  }
  return (video, random: RandomStream, sample): ClipPlan => ({
    frames: framesOf(video, random, sample),
    crop: crop === "centre"
      ? centreCrop(video.record)
      : multiScaleCrop(video.record, imageSize, random.child("crop")),
  });
}

export async function* loadHere(
  { recipe, ...job }: LoaderJob,
  registry: Registry,
  options: Pick<ClipBatchesOptions, "pool" | "signal"> = {},
): AsyncGenerator<LoadedBatch, void, void> {
  let groups: GroupTimes[] = [];
  const watch = watchLoopLag();
  try {
    const plan = planOf(recipe, registry);
    const onGroup = (times: GroupTimes) => groups.push(times);
    for await (const batch of clipBatches({ ...job, ...options, plan, onGroup })) {
      const ended = groups;
      groups = [];
      yield { ...batch, loader: { lateMs: watch.take(), groups: ended } };
    }
  } finally {
    watch.stop();
  }
}
