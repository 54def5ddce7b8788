import { parseCsv } from "../annotations/csv.ts";
import { firstOf } from "../annotations/first_of.ts";
import { readListText } from "../annotations/read_list.ts";
import { locateVideos, type NamedVideo } from "./locate_videos.ts";
import type { VideoLists, VideoListsOptions } from "./video_lists.ts";

/** Options of {@linkcode kineticsLists}. */
export interface KineticsListsOptions extends VideoListsOptions {
  /** The annotation files, such as `train.csv` and `validate.csv`. */
  csv: readonly string[];
}

const COLUMNS = ["label", "youtube_id", "time_start", "time_end", "split"] as const;

/** List names by the column `split`. */
const LISTS: Readonly<Record<string, string>> = {
  train: "train",
  val: "validation",
  validate: "validation",
  validation: "validation",
  test: "test",
};

/** A valid row. */
interface KineticsRow {
  readonly className: string;
  readonly list: string;
  readonly names: readonly string[];
}

/**
 * Lists Kinetics-400, -600 or -700 by their annotation files: CSV with the columns
 * `label,youtube_id,time_start,time_end,split`. Labels follow the sorted class names of all files. Videos are
 * `<youtube_id>_<start>_<end>.mp4`, with seconds in six digits or unpadded, in class folders or not. Missing
 * videos are left out, since videos keep disappearing from YouTube.
 *
 * @throws {Deno.errors.NotFound} if an annotation file is missing, or all videos are
 * @throws {SyntaxError} if columns are missing or rows malformed; lists the first ten
 * @example
 * ```ts
 * import { kineticsLists } from "@videoms/data";
 *
 * const [videos, ...csv] = Deno.args;
 * if (videos) {
 *   const { lists } = await kineticsLists({ csv, videos });
 *   for (const { name, videos, missing } of lists) console.log(name, videos.length, missing.length);
 * }
 * ```
 */
export async function kineticsLists(options: KineticsListsOptions): Promise<VideoLists> {
  const rows = (await Promise.all(options.csv.map(readRows))).flat();
  const classes = [...new Set(rows.map(({ className }) => className))].sort();
  const labels = new Map(classes.map((name, label) => [name, label]));
  const lists = new Map<string, NamedVideo[]>();
  for (const name of new Set(Object.values(LISTS))) lists.set(name, []);
  for (const { className, list, names } of rows) {
    lists.get(list)!.push({ names, label: labels.get(className)! });
  }
  const named = [...lists].filter(([, videos]) => videos.length > 0)
    .map(([name, videos]) => ({ name, videos }));
  return locateVideos(classes, named, { ...options, missing: options.missing ?? "leave-out" });
}

async function readRows(file: string): Promise<KineticsRow[]> {
  const rows = parseCsv(await readListText(file), { file, columns: COLUMNS });
  const malformed: string[] = [];
  const read = rows.flatMap(({ line, values }): KineticsRow[] => {
    const { label, youtube_id: id, time_start: start, time_end: end, split } = values;
    const list = Object.hasOwn(LISTS, split) ? LISTS[split] : undefined;
    const isSound = list && label !== "" && /^[\w-]+$/.test(id) &&
      [start, end].every((time) => /^\d+(\.\d+)?$/.test(time));
    if (!isSound) {
      malformed.push(`line ${line}: ${JSON.stringify(COLUMNS.map((column) => values[column]))}`);
      return [];
    }
    const seconds = [start, end].map((time) => String(Math.trunc(Number(time))));
    const padded = seconds.map((time) => time.padStart(6, "0"));
    const names = [padded, seconds].map((times) => `${[id, ...times].join("_")}.mp4`);
    return [{ className: label, list, names }];
  });
  if (malformed.length === 0 && read.length > 0) return read;
  throw new SyntaxError(
    `Cannot read ${file}: a row must have a label, a YouTube id, seconds from and to, and a split of ` +
      `${Object.keys(LISTS).join(", ")}, got ${firstOf(malformed) || "no rows"}`,
  );
}
