import { writePng } from "@videoms/data/pictures";
import { collapseSigns, collapseWarnings, type MaskDrift } from "@videoms/models";
import type { TrainingContext } from "@videoms/studio/train";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { loggedMetrics } from "@videoms/data";
import { type HeldOutClips, heldOutLoss, withFirstBatch } from "./held_out.ts";
import { heldOutPicture } from "./held_out_picture.ts";
import { splitOf } from "../training/held_out_videos.ts";
import type { RunParts } from "../training/run_kind.ts";

/** Losses on held-out clips. */
export interface HeldOutLosses {
  loss: number;
  /** Of their moving average; null if there is none. */
  averageLoss: number | null;
}

/** What held-out clips are looked at with, for the whole run. */
export interface HeldOutWatch extends RunParts {
  readonly task: PretrainTask;
  readonly context: TrainingContext;
  readonly heldOut: HeldOutClips;
  /** Which of their tokens the last evaluation chose. */
  readonly drift: MaskDrift;
}

/**
 * Evaluates the weights, and their average, on the held-out clips, with the help of all ranks, and logs what it finds.
 *
 * @returns null if there are no such clips, and on ranks other than the first
 */
export async function evaluateHeldOut(
  { context, subject: { parameters, average }, heldOut, drift, log, videos, shared }: HeldOutWatch,
  step: number,
  warn: (text: string) => void,
): Promise<HeldOutLosses | null> {
  if (heldOut.batches.length === 0) return null;
  const { ranks } = shared;
  await shared.call("held-out clips");
  const own = await heldOutLoss(context, parameters, heldOut, ranks);
  const averaged = average && await heldOutLoss(context, average.parameters, heldOut, ranks);
  if (own === null || ranks.rank > 0) return null;
  const [loss, averageLoss] = [own.loss, averaged && averaged.loss];
  const signs = await withFirstBatch(
    context,
    heldOut,
    ({ patches, selections: [first] }) => collapseSigns(context, patches, first, drift),
  );
  log.append({
    event: "evaluation",
    step,
    split: splitOf(videos),
    metrics: [
      ...loggedMetrics({ loss, ...own.ofSets, ...signs }),
      ...loggedMetrics({ loss: averageLoss, ...averaged?.ofSets }, { weights: "last-average" }),
    ],
  });
  for (const warning of signs ? collapseWarnings(signs) : []) {
    log.append({ event: "warning", step, warning });
    warn(`Warning at step ${step}: ${warning}`);
  }
  return { loss, averageLoss };
}

/** Losses in a line. */
export function describeLosses(
  { videos }: Pick<RunParts, "videos">,
  { loss, averageLoss }: HeldOutLosses,
): string {
  const clips = videos.heldOutIsSeparate ? "held-out clips" : "training clips, centre crop";
  const average = averageLoss === null ? "" : `, EMA ${averageLoss.toFixed(4)}`;
  return `loss on ${clips} ${loss.toFixed(4)}${average}`;
}

/** Draws the held-out clips; null if there are none, or the picture cannot be written. */
export async function savePicture(
  { context, heldOut, folder, task, videos, log, output }: HeldOutWatch,
  step: number,
): Promise<string | null> {
  const clips = videos.heldOutIsSeparate ? "held-out clips" : "training clips";
  const title = `${task.name}, step ${step}: ${clips}, ${context.strategy.name} masking`;
  const picture = await heldOutPicture(context, heldOut, title);
  if (!picture) return null;
  const path = await folder.file("pictures", `step-${String(step).padStart(8, "0")}.png`);
  try {
    await writePng(path, picture);
  } catch (error) {
    output.reportFailure(path, error);
    return null;
  }
  log.append({ event: "picture", step, path });
  return path;
}
