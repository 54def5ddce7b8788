/** Where the features of a view, or of all views of a video together, are. */
export interface FeatureRow {
  /** Place of the video in its list, from 0. */
  row: number;
  file: string;
  /** The stretch that is looked at, in frames; left out for the whole video. */
  window?: { start: number; end: number };
  label: number;
  /** Clip along time, from 0; null where views are averaged. */
  segment: number | null;
  /** Window along the longer side, from 0; null where views are averaged. */
  crop: number | null;
  /** File of the features. */
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
