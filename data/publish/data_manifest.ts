import type { Json } from "@videoms/core/plain";
import {
  commonFolder,
  type DataIdentity,
  dataRecord,
  LIST_NAMES,
  nameIn,
  type SampleIdentity,
} from "../identity/data_identity.ts";

/** The samples of a list: name within the folder of all, label, bytes and, if any, time span and set of a mix. */
function rowsOf(samples: readonly SampleIdentity[]): Json[] {
  const folder = commonFolder(samples);
  return samples.map(({ path, label, size, seconds, set }) => [
    nameIn(folder, path),
    label,
    size,
    ...seconds ? [seconds.start, seconds.end] : set === undefined ? [] : [null, null],
    ...set === undefined ? [] : [set],
  ]);
}

/**
 * What a run was trained and evaluated on, for others: each list with its hash, and its videos by names that do not tell where
 * they lie here.
 */
export function dataManifest(data: DataIdentity): Readonly<Record<string, Json>> {
  const records = dataRecord(data);
  const lists = LIST_NAMES.flatMap((list) => {
    const [record, samples] = [records[list], data[list]];
    if (!record || !samples) return [];
    const { videos, bytes, hash } = record;
    return [[list, { videos, bytes, hash, columns: COLUMNS, samples: rowsOf(samples) }] as const];
  });
  return { classes: data.classes, ...Object.fromEntries(lists) };
}

const COLUMNS = ["name", "label", "bytes", "start", "end", "set"];
