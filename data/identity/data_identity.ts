import { createHash } from "node:crypto";
import { dirname, sep } from "node:path";
import type { ListedFrames } from "../annotations/list_columns.ts";
import type { TimeSpan } from "../dataset/dataset.ts";

/** A sample of a run. */
export interface SampleIdentity {
  /** Absolute path of the video. */
  readonly path: string;
  /** Class, from 0. */
  readonly label: number;
  /** What is predicted in place of a class. @default nothing, the label is */
  readonly targets?: readonly number[];
  /** Bytes of the file; null if it cannot be read. */
  readonly size: number | null;
  /** The time span of the video. @default the whole video */
  readonly seconds?: TimeSpan;
  /** The frames of the video that its list names. @default the whole video */
  readonly frames?: ListedFrames;
  /** Which set of a mix it is of. @default the data set is no mix */
  readonly set?: number;
}

/** The lists of a run. */
export const LIST_NAMES = ["train", "heldOut", "test"] as const;

/** Name of a list of a run. */
export type ListName = "train" | "heldOut" | "test";

/** The data of a run: every sample of its lists, in order. */
export type DataIdentity =
  & { readonly [List in ListName]: readonly SampleIdentity[] | null }
  & { readonly classes: readonly string[] };

/** Summary of a list. The hash covers names relative to `folder`, labels, sizes, time spans and order. */
export interface ListRecord {
  readonly videos: number;
  readonly bytes: number;
  /** The deepest folder that contains all videos. */
  readonly folder: string;
  /** 32 hexadecimal digits. */
  readonly hash: string;
}

/** Summary of a run's data in `task.json`. */
export type DataRecord =
  & { readonly [List in ListName]: ListRecord | null }
  & { readonly classes: { readonly count: number; readonly hash: string } };

function digest(parts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 32);
}

/** The deepest folder that contains all samples; the root if they have nothing in common. */
export function commonFolder(samples: readonly SampleIdentity[]): string {
  let folder = samples.length === 0 ? sep : dirname(samples[0].path);
  for (const { path } of samples) {
    while (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      if (dirname(folder) === folder) return folder; // the root of another drive
      folder = dirname(folder);
    }
  }
  return folder;
}

/** A path relative to a folder, or the whole path if it is elsewhere. */
export function nameIn(folder: string, path: string): string {
  const start = folder.endsWith(sep) ? folder : folder + sep;
  return path.startsWith(start) ? path.slice(start.length) : path;
}

function listRecord(samples: readonly SampleIdentity[]): ListRecord {
  const folder = commonFolder(samples);
  const lines = function* () {
    for (const { path, label, targets, size, seconds, frames, set } of samples) {
      const part = [seconds?.start, seconds?.end, ...frames ? [frames.start, frames.count] : []];
      const more = [...targets ? [{ targets }] : [], ...set === undefined ? [] : [{ set }]];
      yield JSON.stringify([nameIn(folder, path), label, size, ...part, ...more]) + "\n";
    }
  };
  const bytes = samples.reduce((sum, { size }) => sum + (size ?? 0), 0);
  return { videos: samples.length, bytes, folder, hash: digest(lines()) };
}

/** Summarises a run's data, for a quick comparison when it is resumed. */
export function dataRecord(data: DataIdentity): DataRecord {
  const record = (list: ListName) => {
    const samples = data[list];
    return samples && listRecord(samples);
  };
  const hash = digest(data.classes.map((name) => `${name}\n`));
  return {
    train: record("train"),
    heldOut: record("heldOut"),
    test: record("test"),
    classes: { count: data.classes.length, hash },
  };
}

/** Whether two lists are the same, apart from their folder. */
export function isSameList(one: ListRecord | null, other: ListRecord | null): boolean {
  return one?.hash === other?.hash && one?.videos === other?.videos;
}

/** Whether two runs have the same data, apart from its folders. */
export function isSameData(one: DataRecord, other: DataRecord): boolean {
  return LIST_NAMES.every((list) => isSameList(one[list], other[list])) &&
    one.classes.hash === other.classes.hash;
}
