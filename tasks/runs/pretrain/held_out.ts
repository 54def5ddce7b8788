import {
  type Communicator,
  gatherValues,
  type Parameters,
  type RandomStream,
  randomStream,
} from "@videoms/core";
import { centreCrop, clipBatches, type LabelledVideo, type RawClips } from "@videoms/data";
import {
  batchLoss,
  disposeBatch,
  type ObjectiveContext,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
  setLossName,
} from "@videoms/studio/train";
import { clipFrames, type VideoSelector } from "@videoms/studio/views";
import type { PretrainTask } from "../../definition/pretrain_task.ts";

/** Decoded clips that are kept for the whole run, with the chance that each is masked by. */
export interface HeldOutClips {
  batches: RawClips[];
  /** One stream per clip and batch; the same at every evaluation, so that losses can be compared. */
  random: RandomStream[][];
  /** The set of each batch, in a mix of data sets. */
  sets: (string | undefined)[];
}

/** A mean loss, and those of the sets of a mix of data sets by their names. */
export interface HeldOutLoss {
  loss: number;
  ofSets: Record<string, number>;
}

/** Decodes the held-out clips, in the order of their list, set by set; tells which of them cannot be. */
export async function decodeHeldOut(
  task: PretrainTask,
  videos: readonly LabelledVideo[],
  selector: VideoSelector,
  { tell, signal }: { tell: (text: string) => void; signal: AbortSignal },
): Promise<HeldOutClips> {
  const clips: HeldOutClips = { batches: [], random: [], sets: [] };
  for (const [set, members] of Map.groupBy(videos, (video) => video.set?.name)) {
    await decodeSet(clips, task, members, selector, { tell, signal });
    while (clips.sets.length < clips.batches.length) clips.sets.push(set);
  }
  return clips;
}

async function decodeSet(
  { batches, random }: HeldOutClips,
  task: PretrainTask,
  videos: readonly LabelledVideo[],
  selector: VideoSelector,
  { tell, signal }: { tell: (text: string) => void; signal: AbortSignal },
): Promise<void> {
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

/** The mean losses over the held-out clips, of which each rank takes some batches; null if there are none. */
export async function heldOutLoss(
  given: ObjectiveContext,
  parameters: Parameters,
  clips: HeldOutClips,
  ranks: Communicator,
): Promise<HeldOutLoss | null> {
  const context = { ...given, parameters };
  const own: number[] = [];
  for (let i = ranks.rank; i < clips.batches.length; i += ranks.size) {
    own.push(await withBatch(context, clips, i, (batch) => batchLoss(context, batch)));
  }
  const losses = await gatherValues(ranks, own);
  const rated = clips.batches.map(({ batch }, i) => (
    // What is not finite, JSON has as null.
    { batch, set: clips.sets[i], loss: losses[i % ranks.size][Math.floor(i / ranks.size)] ?? NaN }
  ));
  if (rated.length === 0) return null;
  const ofSets = [...Map.groupBy(rated, ({ set }) => set)].flatMap(([set, some]) =>
    set === undefined ? [] : [[setLossName(set), meanLoss(some)]]
  );
  return { loss: meanLoss(rated), ofSets: Object.fromEntries(ofSets) };
}

function meanLoss(rated: readonly { batch: number; loss: number }[]): number {
  let [sum, count] = [0, 0];
  for (const { batch, loss } of rated) {
    sum += batch * loss;
    count += batch;
  }
  return sum / count;
}
