import { basename, dirname, resolve } from "node:path";
import { firstOf } from "./first_of.ts";
import { readListText } from "./read_list.ts";
import { videoPath } from "./video_path.ts";

/** How {@linkcode readExclusions} works. */
export interface ReadExclusionsOptions {
  /** Folder that relative paths start from. @default the folder of the file */
  dataRoot?: string;
  /** Absolute paths of all videos that can be left out. */
  videos: Iterable<string>;
}

/** Videos to leave out. */
export interface Exclusions {
  /** Their absolute paths, spelt as the lists have them. */
  readonly paths: ReadonlySet<string>;
  /** Paths of the file that are no video of the lists. */
  readonly unmatched: readonly string[];
}

/**
 * Reads a file of videos to leave out, a path a line, and finds them among those there are. Blank lines, a byte
 * order mark and Windows line ends are accepted; a path that leads to a video in another way, through
 * links, names it as well.
 *
 * @param file path of the file; a relative one starts from the current folder
 * @throws {Deno.errors.NotFound} if there is no such file
 * @throws {RangeError} if it names paths, but no video of the lists: it was meant for others
 */
export async function readExclusions(
  file: string,
  { dataRoot = dirname(resolve(file)), videos }: ReadExclusionsOptions,
): Promise<Exclusions> {
  const text = await readListText(file);
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  const named = new Set(lines.map((line) => videoPath(line, dataRoot)));
  const all = new Set(videos);
  const paths = named.intersection(all);
  const unmatched: string[] = [];
  const byName = Map.groupBy(all, (path) => basename(path));
  for (const path of named.difference(all)) {
    const found = await sameFiles(path, byName.get(basename(path)) ?? []);
    for (const one of found) paths.add(one);
    if (found.length === 0) unmatched.push(path);
  }
  if (paths.size === 0 && named.size > 0) {
    throw new RangeError(
      `Cannot leave videos out: a path of ${file} must be that of a video in the lists, got ` +
        `${firstOf(unmatched)}; relative paths start from ${dataRoot}`,
    );
  }
  return { paths, unmatched };
}

/** Those of some videos that a path leads to. */
async function sameFiles(path: string, videos: readonly string[]): Promise<string[]> {
  const real = videos.length > 0 ? await realPath(path) : null;
  if (real === null) return [];
  const reals = await Promise.all(videos.map(realPath));
  return videos.filter((_, i) => reals[i] === real);
}

/** Where a path leads, or null if it leads nowhere. */
async function realPath(path: string): Promise<string | null> {
  return await Deno.realPath(path).catch(() => null);
}
