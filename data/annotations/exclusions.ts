import { basename, dirname, resolve } from "node:path";
import { firstOf } from "./first_of.ts";
import { readListText } from "./read_list.ts";
import { videoPath } from "./video_path.ts";

/** Options of {@linkcode readExclusions}. */
export interface ReadExclusionsOptions {
  /** Base folder of relative paths. @default the folder of the file */
  dataRoot?: string;
  /** Absolute paths of all videos that can be excluded. */
  videos: Iterable<string>;
}

/** Videos to exclude. */
export interface Exclusions {
  /** Their absolute paths, as in the lists. */
  readonly paths: ReadonlySet<string>;
  /** Paths of the file that match no video of the lists. */
  readonly unmatched: readonly string[];
}

/**
 * Reads a file of videos to exclude, one path per line, and matches them with the videos of the lists. Blank
 * lines, a byte order mark and Windows line endings are accepted; symbolic links are resolved.
 *
 * @param file path of the file, absolute or relative to the current folder
 * @throws {Deno.errors.NotFound} if there is no such file
 * @throws {RangeError} if it has paths, but none of a video in the lists
 */
export async function readExclusions(
  file: string,
  { dataRoot = dirname(resolve(file)), videos }: ReadExclusionsOptions,
): Promise<Exclusions> {
  const text = await readListText(file, "exclusions");
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  const all = new Set(videos);
  const named = new Set(lines.map((line) => {
    const folder = resolve(dataRoot, line);
    return all.has(folder) ? folder : videoPath(line, dataRoot);
  }));
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
      `Cannot read ${file}: a path must be that of a video in the lists, got ` +
        `${firstOf(unmatched)}; relative paths are resolved from ${dataRoot}`,
    );
  }
  return { paths, unmatched };
}

/** The videos that a path resolves to. */
async function sameFiles(path: string, videos: readonly string[]): Promise<string[]> {
  const real = videos.length > 0 ? await realPath(path) : null;
  if (real === null) return [];
  const reals = await Promise.all(videos.map(realPath));
  return videos.filter((_, i) => reals[i] === real);
}

/** The real path, or null if there is nothing. */
async function realPath(path: string): Promise<string | null> {
  return await Deno.realPath(path).catch(() => null);
}
