import { createHash } from "node:crypto";
import { dirname, sep } from "node:path";
import type { Stretch } from "../dataset/dataset.ts";

/** A sample as a run knows it. */
export interface SampleIdentity {
  /** Absolute path of the video. */
  readonly path: string;
  /** Class, from 0. */
  readonly label: number;
  /** Bytes of the file; null where it cannot be read. */
  readonly size: number | null;
  /** The stretch of the video. @default all of it */
  readonly seconds?: Stretch;
}

/** The lists of a run. */
export const LIST_NAMES = ["train", "heldOut", "test"] as const;

/** The name of a list of a run. */
export type ListName = "train" | "heldOut" | "test";

/** What a run is trained and watched on: every sample of its lists, in their order. */
export type DataIdentity =
  & { readonly [List in ListName]: readonly SampleIdentity[] | null }
  & { readonly classes: readonly string[] };

/** A list in short. The hash is over names from `folder` on, labels, sizes, stretches and their order. */
export interface ListRecord {
  readonly videos: number;
  readonly bytes: number;
  /** The deepest folder that all videos are in. */
  readonly folder: string;
  /** 32 hexadecimal digits. */
  readonly hash: string;
}

/** What `task.json` says of a run's data. */
export type DataRecord =
  & { readonly [List in ListName]: ListRecord | null }
  & { readonly classes: { readonly count: number; readonly hash: string } };

function digest(parts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 32);
}

/** The deepest folder that all samples are in; the root where they have nothing in common. */
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

/** A path from a folder on, or all of it where it is elsewhere. */
export function nameIn(folder: string, path: string): string {
  const start = folder.endsWith(sep) ? folder : folder + sep;
  return path.startsWith(start) ? path.slice(start.length) : path;
}

function listRecord(samples: readonly SampleIdentity[]): ListRecord {
  const folder = commonFolder(samples);
  const lines = function* () {
    for (const { path, label, size, seconds } of samples) {
      yield JSON.stringify([nameIn(folder, path), label, size, seconds?.start, seconds?.end]) +
        "\n";
    }
  };
  const bytes = samples.reduce((sum, { size }) => sum + (size ?? 0), 0);
  return { videos: samples.length, bytes, folder, hash: digest(lines()) };
}

/** A run's data in short: what is compared first when the run is resumed. */
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

/** Whether two lists are the same but for the folder that they are in. */
export function isSameList(one: ListRecord | null, other: ListRecord | null): boolean {
  return one?.hash === other?.hash && one?.videos === other?.videos;
}

/** Whether two runs have the same data but for the folders that it is in. */
export function isSameData(one: DataRecord, other: DataRecord): boolean {
  return LIST_NAMES.every((list) => isSameList(one[list], other[list])) &&
    one.classes.hash === other.classes.hash;
}
