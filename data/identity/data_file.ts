import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { writeAtomically } from "@videoms/data/files";
import {
  commonFolder,
  type DataIdentity,
  LIST_NAMES,
  type ListName,
  nameIn,
  type SampleIdentity,
} from "./data_identity.ts";

/** Name of the file in a run folder that lists every sample. */
export const DATA_FILE = "videos.jsonl.gz";

const FORMAT = "videoms-data";

/** The first line. */
interface Head {
  format: typeof FORMAT;
  version: 1;
  classes: readonly string[];
  /** Base folder of names, for each list. */
  folders: Partial<Record<ListName, string>>;
}

/**
 * A line per sample: list, name, label or targets, bytes and, if any, time span, or two nulls, first frame and their
 * number; after all four, nulls in place of what is not there, the set of a mix.
 */
type Line = [
  list: ListName,
  name: string,
  label: number | readonly number[],
  size: number | null,
  ...part: (number | null)[],
];

function textOf(data: DataIdentity): string {
  const given = LIST_NAMES.filter((list) => data[list] !== null);
  const folders = Object.fromEntries(given.map((list) => [list, commonFolder(data[list]!)]));
  const head: Head = { format: FORMAT, version: 1, classes: data.classes, folders };
  const lines = given.flatMap((list) =>
    data[list]!.map(({ path, label, targets, size, seconds, frames, set }) => {
      const listed = frames ? [null, null, frames.start, frames.count] : [];
      const stretch = seconds ? [seconds.start, seconds.end] : listed;
      const part = set === undefined ? stretch : [0, 1, 2, 3].map((i) => stretch[i] ?? null);
      const of = set === undefined ? [] : [set];
      const name = nameIn(folders[list], path);
      return JSON.stringify([list, name, targets ?? label, size, ...part, ...of]);
    })
  );
  return [JSON.stringify(head), ...lines].join("\n") + "\n";
}

/** Writes a run's samples into its folder: gzipped JSON Lines, a few bytes per video. */
export async function writeData(folder: string, data: DataIdentity): Promise<void> {
  const bytes = await promisify(gzip)(textOf(data), { level: 6 });
  await writeAtomically(join(folder, DATA_FILE), [new Uint8Array(bytes)]);
}

function parse(text: string): DataIdentity {
  const [first, ...rest] = text.trimEnd().split("\n");
  const { format, version, classes, folders } = JSON.parse(first) as Head;
  if (format !== FORMAT || version !== 1) throw new TypeError("another format");
  const lists: Partial<Record<ListName, SampleIdentity[]>> = {};
  for (const list of LIST_NAMES) if (folders[list] !== undefined) lists[list] = [];
  for (const line of rest) {
    const [list, name, label, size, start, end, first, count, set] = JSON.parse(line) as Line;
    const seconds = start == null ? {} : { seconds: { start, end: end! } };
    const frames = first == null ? {} : { frames: { start: first, count: count ?? null } };
    const of = set == null ? {} : { set };
    const wanted = typeof label === "number" ? { label } : { label: 0, targets: label };
    lists[list]!.push({
      path: join(folders[list]!, name),
      ...{ ...wanted, size, ...seconds, ...frames, ...of },
    });
  }
  return {
    train: lists.train ?? null,
    heldOut: lists.heldOut ?? null,
    test: lists.test ?? null,
    classes,
  };
}

/** Reads a run's samples; null if they are missing or incomplete. */
export async function readData(folder: string): Promise<DataIdentity | null> {
  try {
    const bytes = await promisify(gunzip)(await Deno.readFile(join(folder, DATA_FILE)));
    return parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return null; // then only the fact of a change is known
  }
}
