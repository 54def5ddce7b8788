import {
  floatBytes,
  floatValues,
  integerBytes,
  integerValues,
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from "@videoms/core";
import type { IndexRow } from "./feature_row.ts";

/** The features of a view on the host. */
export interface View {
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
  views: View[];
  failed: IndexRow[];
}

/** The front of a file of features, for an extraction that was stopped within it. */
export interface FeaturePart extends ReadViews {
  /** Videos of the file, from its first on, whose views are all there. */
  videos: number;
}

/** Vectors of one length, one after another. */
export function joined<T extends Float32Array | Int32Array>(parts: readonly T[], into: T): T {
  parts.forEach((part, i) => into.set(part, i * part.length));
  return into;
}

/** A part as the pieces of a safetensors file. */
export function encodePart({ videos, views, failed }: FeaturePart): Uint8Array[] {
  const count = views.length;
  const [values, kept] = [views[0]?.values.length ?? 0, views[0]?.kept.length ?? 0];
  const integers = (parts: readonly Int32Array[], length: number): StoredTensor => ({
    type: "I32",
    shape: [count, length],
    bytes: integerBytes(joined(parts, new Int32Array(count * length))),
  });
  const all = joined(views.map((view) => view.values), new Float32Array(count * values));
  const places = views.map(({ video, segment, crop }) => Int32Array.of(video, segment, crop));
  const tensors = new Map<string, StoredTensor>([
    ["values", { type: "F32", shape: [count, values], bytes: floatBytes(all) }],
    ["kept", integers(views.map((view) => view.kept), kept)],
    ["places", integers(places, 3)],
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
  const values = floatValues(tensors.get("values")!);
  const kept = integerValues(tensors.get("kept")!);
  const places = integerValues(tensors.get("places")!);
  const count = places.length / 3;
  const piece = <T extends Float32Array | Int32Array>(all: T, i: number) =>
    all.slice(i * all.length / count, (i + 1) * all.length / count) as T;
  const views = Array.from({ length: count }, (_, i): View => ({
    video: places[3 * i],
    segment: places[3 * i + 1],
    crop: places[3 * i + 2],
    values: piece(values, i),
    kept: piece(kept, i),
  }));
  return { videos: Number(metadata.videos), views, failed: JSON.parse(metadata.failed) };
}
