import type { Descriptor, Registry } from "@videoms/core";
import { type LabelledVideo, videoAt } from "@videoms/data";
import { type Canvas, type ChosenOfClip, lookSheet } from "@videoms/data/pictures";
import { basename } from "node:path";
import { definePretrain, type PretrainTask } from "../../definition/pretrain_task.ts";
import type { DeviceChoice } from "../../runs/network/task_device.ts";
import { lookAtClip, type LookedClip } from "./look_at_clip.ts";
import { checkpointSource, type LookSource, patchSource } from "./look_source.ts";
import { type LookStatistics, lookStatistics } from "./look_statistics.ts";

/** How a video is looked at. */
export interface LookOptions extends DeviceChoice {
  /** A run or checkpoint file whose encoder embeds the tokens. @default none: importance is that of raw patches */
  run?: string;
  /** Says what clips are like where there is no run. @default the published pre-training */
  task?: PretrainTask;
  /** Strategies to show one below the other. @default that of the task */
  masking?: readonly Descriptor<"masking">[];
  /** Epochs whose random draws are counted. @default 1 */
  epochs?: number;
  signal?: AbortSignal;
}

/** What masking strategies and frame selectors choose of a video. */
export interface Look {
  statistics: LookStatistics;
  /** Frames, importance, what becomes of the tokens; with a run also reconstructions, and what fine-tuning keeps. */
  picture: Canvas;
}

/** What pictures show of a clip. */
export function chosenOf(clip: LookedClip, source: LookSource): ChosenOfClip {
  const { record } = clip.video;
  return {
    ...clip,
    title: `${basename(record.path)}: ${source.caption}`,
    geometry: source.model.options.geometry,
    videoFrames: record.frames,
    selector: (clip.video.set?.frames ?? source.task.frames).name,
    strategies: clip.strategies.map(({ masking: { name }, draws: [tokens], reconstructions }) => ({
      name,
      tokens,
      reconstructions: reconstructions.map(({ label, values: [values] }) => ({ label, values })),
    })),
  };
}

/**
 * Looks at the clip that a test would see of a video, of which the path is enough: which of its frames and tokens are
 * chosen, and with a pre-training run how well the targets are reconstructed.
 *
 * @throws {Error} if the video or the run cannot be read
 * @throws {RangeError} if a strategy cannot work on such clips
 * @example
 * ```ts
 * import { prepareVideos, shapes } from "@videoms/data";
 * import { motionCentric, tube } from "@videoms/masking";
 * import { definePretrain, loadRegistry, look } from "@videoms/tasks";
 *
 * const dir = await Deno.makeTempDir();
 * const task = definePretrain({
 *   model: { imageSize: 16, patchSize: 4, frames: 4 },
 *   data: { dataset: shapes({ videos: 4, heldOut: 2, size: 16, dir }) },
 * });
 * const registry = await loadRegistry();
 * const { heldOut: [video] } = await prepareVideos(task, registry);
 * const masking = [motionCentric({ motionRatio: 0.5, maskRatio: 0.75 }), tube({ maskRatio: 0.75 })];
 * const { picture, statistics } = await look(video, registry, { task, masking });
 * console.assert(picture.width > 2 * 16); // a column for each of 2 tubelets
 * console.assert(statistics.strategies[0].counts.dropped === 16); // half of 2 × 4 × 4 tokens
 * ```
 */
export async function look(
  video: string | LabelledVideo,
  registry: Registry,
  { run, task = definePretrain(), masking, epochs = 1, signal, ...device }: LookOptions = {},
): Promise<Look> {
  const looked = typeof video === "string" ? await videoAt(video) : video;
  await using source = run === undefined
    ? await patchSource(task, device)
    : await checkpointSource(run, registry, device);
  const own = source.task.kind === "pretrain" ? [source.task.masking] : [];
  const strategies = masking ?? own;
  const clip = await lookAtClip(looked, { source, registry, strategies, epochs, signal });
  return { statistics: lookStatistics(clip, source), picture: lookSheet(chosenOf(clip, source)) };
}
