import {
  type Communicator,
  floatValues,
  integerValues,
  joinRows,
  readSafetensors,
  splitRows,
  storedTensor,
  writeSafetensors,
} from "@videoms/core";

/** Where the features of a view, or of all views of a video together, are. */
export interface FeatureRow {
  row: number;
  file: string;
  /** The stretch that is looked at, in frames; left out for the whole video. */
  window?: { start: number; end: number };
  label: number;
  /** Clip along time, from 0; null where views are averaged. */
  segment: number | null;
  /** Window along the longer side, from 0; null where views are averaged. */
  crop: number | null;
  shard: string;
  /** Place in the file, from 0. */
  place: number;
}

/** A view, or a whole video, without features. */
export interface FailedRow extends Omit<FeatureRow, "shard" | "place"> {
  error: string;
}

/** A line of `index.jsonl`: features, or why a video has none. */
export type IndexRow = FeatureRow | FailedRow;

/** In the order of the list, then of the views. */
export function byPlace(a: IndexRow, b: IndexRow): number {
  return a.row - b.row || (a.segment ?? -1) - (b.segment ?? -1) || (a.crop ?? -1) - (b.crop ?? -1);
}

/** The features of a view on the host. */
export interface ViewFeatures {
  /** Place of the video among those of its file. */
  video: number;
  segment: number;
  crop: number;
  /** [D] or [K, D]. */
  values: Float32Array;
  /** int32 [K]. */
  kept: Int32Array;
}

/** Views that were read, and rows for those that were not. */
export interface ReadViews {
  views: ViewFeatures[];
  failed: IndexRow[];
}

/** The front of a file of features, for an extraction that was stopped within it. */
export interface FeaturePart extends ReadViews {
  /** Videos of the file, from its first on, whose views are all there. */
  videos: number;
}

/** A part as the pieces of a safetensors file. */
export function encodePart({ videos, views, failed }: FeaturePart): Uint8Array[] {
  const stored = <T extends Float32Array | Int32Array>(
    type: new (length: number) => T,
    of: (view: ViewFeatures) => T,
  ) => {
    const values = joinRows(type, views.map(of));
    return storedTensor(values, [views.length, values.length / Math.max(1, views.length)]);
  };
  const tensors = new Map([
    ["values", stored(Float32Array, ({ values }) => values)],
    ["kept", stored(Int32Array, ({ kept }) => kept)],
    ["places", stored(Int32Array, (view) => Int32Array.of(view.video, view.segment, view.crop))],
  ]);
  return writeSafetensors(tensors, { videos: String(videos), failed: JSON.stringify(failed) });
}

/**
 * Reads what {@linkcode encodePart} wrote.
 *
 * @param path name for messages
 * @throws {Error} if it is damaged
 */
export function decodePart(bytes: Uint8Array, path: string): FeaturePart {
  const { tensors, metadata } = readSafetensors(bytes, path);
  const places = tensors.get("places")!;
  const [count] = places.shape;
  const values = splitRows(floatValues(tensors.get("values")!), count);
  const kept = splitRows(integerValues(tensors.get("kept")!), count);
  const views = splitRows(integerValues(places), count).map((
    [video, segment, crop],
    i,
  ): ViewFeatures => ({
    video,
    segment,
    crop,
    values: values[i],
    kept: kept[i],
  }));
  return { videos: Number(metadata.videos), views, failed: JSON.parse(metadata.failed) };
}

/**
 * Joins what all ranks have read of a file: each some videos behind those of the rank before it.
 *
 * @param first place in the file of the first video that this rank looked at
 */
export async function gatherViews(
  ranks: Communicator,
  { views, failed }: ReadViews,
  first: number,
): Promise<ReadViews> {
  const placed = views.map((view) => ({ ...view, video: first + view.video }));
  const pieces = encodePart({ videos: 0, views: placed, failed });
  const own = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
  const parts = (await ranks.gather(own)).map((bytes, rank) => decodePart(bytes, `rank ${rank}`));
  return {
    views: parts.flatMap(({ views }) => views),
    failed: parts.flatMap(({ failed }) => failed),
  };
}
