import { dispose } from "@tensorflow/tfjs-core";
import {
  type Communicator,
  hostRows,
  joinRows,
  type StoredTensor,
  storedTensor,
  valueOfFirst,
} from "@videoms/core";
import { type LabelledVideo, partBounds, scoreViews } from "@videoms/data";
import {
  type FeaturePart,
  type FeatureRow,
  gatherViews,
  type IndexRow,
  type ReadViews,
} from "@videoms/models";
import type { PlanViews } from "@videoms/studio/views";
import type { FrozenEncoder } from "../../runs/encoder/frozen_encoder.ts";

/** What is kept of each view. */
export const FEATURE_KINDS = ["pooled", "tokens"] as const;

/** `pooled`: one vector; `tokens`: a vector for every token that was looked at. */
export type FeatureKind = typeof FEATURE_KINDS[number];

/** Types that features are stored as. */
export const FEATURE_TYPES = ["float32", "float16"] as const;

/** A type that features are stored as. */
export type FeatureType = typeof FEATURE_TYPES[number];

/** A video and its place in its list. */
export interface ListedVideo extends LabelledVideo {
  readonly row: number;
}

export interface ViewFeaturesOptions {
  videos: readonly ListedVideo[];
  views: PlanViews;
  kind: FeatureKind;
  mergeViews: boolean;
  type: FeatureType;
  batch: number;
  shard: string;
  /** The processes that share the videos. */
  ranks: Communicator;
  /** The front of the file, of a process that was stopped; null if there is none, and on ranks other than the first. */
  earlier: FeaturePart | null;
  save: (part: FeaturePart) => Promise<void>;
  onProgress: (videos: number) => void;
  signal: AbortSignal;
}

/** Milliseconds after which what has been read is kept. */
const SAVE_EVERY = 300_000;

/** Reads views, from where an earlier process was stopped on, and keeps them if this one is. */
async function readViews(encoder: FrozenEncoder, options: ViewFeaturesOptions): Promise<ReadViews> {
  const { earlier, save, onProgress } = options;
  const read: FeaturePart = { videos: 0, views: [], failed: [], ...earlier };
  const wholeVideos = (): FeaturePart => ({
    ...read,
    views: read.views.filter(({ video }) => video < read.videos),
  });
  let savedAt = performance.now();
  try {
    for await (const videos of readOn(encoder, options, read)) {
      read.videos = videos;
      onProgress(videos);
      if (performance.now() - savedAt < SAVE_EVERY) continue;
      await save(wholeVideos());
      savedAt = performance.now();
    }
  } catch (error) {
    if (read.videos > 0) await save(wholeVideos());
    throw error;
  }
  onProgress(options.videos.length);
  return read;
}

/** Reads the views of videos, of which each rank takes some, one after the other; the first goes on from a part. */
async function readOnRanks(
  encoder: FrozenEncoder,
  options: ViewFeaturesOptions,
): Promise<ReadViews> {
  const { ranks, videos, views, batch, earlier } = options;
  if (ranks.size === 1) return await readViews(encoder, options);
  const start = await valueOfFirst(ranks, earlier?.videos ?? 0);
  // Whole batches are those of one process: sums of others may differ in their last bits.
  const bounds = partBounds(videos.length - start, ranks.size, {
    views: views(videos[0]).length,
    batch,
  });
  const first = ranks.rank === 0 ? 0 : start + bounds[ranks.rank];
  const own = videos.slice(first, start + bounds[ranks.rank + 1]);
  const read = own.length > 0 ? await readViews(encoder, { ...options, videos: own }) : null;
  return await gatherViews(ranks, read ?? { views: [], failed: [] }, first);
}

/** Adds the views of the videos that lack them; gives after each batch how many videos have all theirs. */
async function* readOn(
  encoder: FrozenEncoder,
  { videos, views: plan, kind, batch, signal }: ViewFeaturesOptions,
  { views, failed, videos: start }: FeaturePart,
): AsyncGenerator<number, void, void> {
  const size = encoder.model.options.geometry.imageSize;
  const clipsOf = { videos: videos.slice(start), views: plan, batch, size, signal };
  const scoring = scoreViews(clipsOf, async (clips) => {
    const features = await encoder.features(clips);
    const values = await Promise.all([
      hostRows<Float32Array>(features[kind]),
      hostRows<Int32Array>(features.kept),
    ]);
    dispose([features.tokens, features.pooled, features.kept]);
    return values;
  });
  for await (const { clips, failed: unreadable, scores } of scoring) {
    for (const { row, segment, crop, error } of unreadable) {
      failed.push({ ...rowOf(videos[start + row], segment, crop), error });
    }
    if (!scores) continue;
    const [values, kept] = scores;
    clips.forEach(({ row, segment, crop }, b) =>
      views.push({ video: start + row, segment, crop, values: values[b], kept: kept[b] })
    );
    yield start + clips[clips.length - 1].row; // the last one may lack views
  }
}

/** One row for each video: the mean of its views. A video fails if none of its views was read. */
function mergedRows(
  { views, failed }: ReadViews,
  videos: readonly ListedVideo[],
): { rows: Omit<FeatureRow, "shard" | "place">[]; values: Float32Array[]; failed: IndexRow[] } {
  const byVideo = [...Map.groupBy(views, ({ video }) => video)];
  const read = new Set(byVideo.map(([video]) => videos[video].row));
  const lost = new Map(failed.filter(({ row }) => !read.has(row)).map((one) => [one.row, one]));
  return {
    rows: byVideo.map(([video]) => rowOf(videos[video], null, null)),
    values: byVideo.map(([, own]) => meanOf(own.map(({ values }) => values))),
    failed: [...lost.values()].map((one) => ({ ...one, segment: null, crop: null })),
  };
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(vectors[0].length);
  for (const vector of vectors) vector.forEach((value, i) => sum[i] += value);
  return Float32Array.from(sum, (value) => value / vectors.length);
}

function rowOf(
  { row, record: { path: file }, label, window }: ListedVideo,
  segment: number | null,
  crop: number | null,
): Omit<FeatureRow, "shard" | "place"> {
  return { row, file, ...window ? { window: { ...window } } : {}, label, segment, crop };
}

/**
 * Features of the views of videos, as the tensors of a file and the rows that tell what is where:
 * `features` [V, D], or [V, K, D] beside `kept` int32 [V, K], the places of the tokens in their clip.
 * Views that cannot be decoded are left out and have rows that say why.
 */
export async function viewFeatures(
  encoder: FrozenEncoder,
  options: ViewFeaturesOptions,
): Promise<{ tensors: Map<string, StoredTensor>; rows: IndexRow[] }> {
  const { videos, kind, type, shard, mergeViews } = options;
  const read = await readOnRanks(encoder, options);
  const { rows, values, failed } = mergeViews ? mergedRows(read, videos) : {
    rows: read.views.map(({ video, segment, crop }) => rowOf(videos[video], segment, crop)),
    values: read.views.map(({ values }) => values),
    failed: read.failed,
  };
  const tensors = new Map<string, StoredTensor>();
  if (values.length > 0) {
    const inner = kind === "pooled" ? [] : [values[0].length / encoder.width];
    const all = joinRows(Float32Array, values);
    const typed = type === "float32" ? all : new Float16Array(all);
    tensors.set("features", storedTensor(typed, [values.length, ...inner, encoder.width]));
    if (kind === "tokens") {
      const kept = joinRows(Int32Array, read.views.map((view) => view.kept));
      tensors.set("kept", storedTensor(kept, [values.length, ...inner]));
    }
  }
  const placed = rows.map((row, place): IndexRow => ({ ...row, shard, place }));
  return { tensors, rows: [...placed, ...failed] };
}
