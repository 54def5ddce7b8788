import {
  type Communicator,
  gatherValues,
  type Parameters,
  type RandomStream,
  randomStream,
} from "@videoms/core";
import { centreCrop, clipBatches, type LabelledVideo, type RawClips } from "@videoms/data";
import type { FrameSelector } from "@videoms/masking";
import {
  batchLoss,
  disposeBatch,
  type ObjectiveContext,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
} from "@videoms/studio/train";
import { clipFrames } from "@videoms/studio/views";
import type { PretrainTask } from "../../definition/pretrain_task.ts";

/** Decoded clips that are kept for the whole run, with the chance that each is masked by. */
export interface HeldOutClips {
  batches: RawClips[];
  /** One stream per clip and batch; the same at every evaluation, so that losses can be compared. */
  random: RandomStream[][];
}

/** Decodes the held-out clips, in the order of their list; tells which of them cannot be. */
export async function decodeHeldOut(
  task: PretrainTask,
  videos: readonly LabelledVideo[],
  selector: FrameSelector,
  { tell, signal }: { tell: (text: string) => void; signal: AbortSignal },
): Promise<HeldOutClips> {
  const batches: RawClips[] = [];
  const random: RandomStream[][] = [];
  if (videos.length === 0) return { batches, random };
  const loader = clipBatches({
    videos,
    batch: Math.min(task.batch, videos.length),
    size: task.model.imageSize,
    plan: (video, random) => ({
      frames: clipFrames(task, selector, video, "test", random),
      crop: centreCrop(video.record),
    }),
    seed: task.seed,
    order: "list",
    endEpoch: 1,
    processes: task.data.workers || undefined,
    maxReplaced: task.data.maxReplaced,
    signal,
  });
  for await (const batch of loader) {
    batches.push({ pixels: batch.pixels.slice(), batch: batch.indices.length });
    for (const { path, error, by } of batch.replaced) {
      tell(`Replaced a held-out clip of ${path} (${error}) by one of ${by}`);
    }
    random.push([...batch.indices].map((row) => randomStream(task.seed, "held-out", row)));
    batch.release();
  }
  return { batches, random };
}

/** Chooses the tokens of a batch of held-out clips, works with them, and frees the tensors. */
async function withBatch<T>(
  context: SelectionContext,
  { batches, random }: HeldOutClips,
  i: number,
  work: (batch: SelectedBatch) => Promise<T>,
): Promise<T> {
  const batch = await selectBatch(context, batches[i], "test", random[i]);
  try {
    return await work(batch);
  } finally {
    disposeBatch(batch);
  }
}

/** Works with the first batch of held-out clips, tokens chosen; null if there are no clips. */
export async function withFirstBatch<T>(
  context: SelectionContext,
  clips: HeldOutClips,
  work: (batch: SelectedBatch) => Promise<T>,
): Promise<T | null> {
  return clips.batches.length === 0 ? null : await withBatch(context, clips, 0, work);
}

/** The mean loss over the held-out clips, of which each rank takes some batches; null if there are none. */
export async function heldOutLoss(
  given: ObjectiveContext,
  parameters: Parameters,
  clips: HeldOutClips,
  ranks: Communicator,
): Promise<number | null> {
  const context = { ...given, parameters };
  const own: number[] = [];
  for (let i = ranks.rank; i < clips.batches.length; i += ranks.size) {
    own.push(await withBatch(context, clips, i, (batch) => batchLoss(context, batch)));
  }
  const losses = await gatherValues(ranks, own);
  let [sum, count] = [0, 0];
  for (const [i, { batch }] of clips.batches.entries()) {
    // What is not finite, JSON has as null.
    sum += batch * (losses[i % ranks.size][Math.floor(i / ranks.size)] ?? NaN);
    count += batch;
  }
  return count === 0 ? null : sum / count;
}
