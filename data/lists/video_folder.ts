import { basename, dirname, extname, join, resolve } from "node:path";

/** Endings that files of videos have. */
const ENDINGS = new Set(
  "3gp asf avi flv m4v mkv mov mp4 mpeg mpg ts webm wmv".split(" ").map((ending) => `.${ending}`),
);

/** Whether a file's name ends as those of videos do. */
export function isVideoName(name: string): boolean {
  return ENDINGS.has(extname(name).toLowerCase());
}

/** Name of a file without folder and ending. */
export function stemOf(path: string): string {
  return basename(path, extname(path));
}

/**
 * Absolute paths of the videos in a folder and the folders in it, sorted. Hidden files and folders are
 * passed over; links are followed.
 *
 * @throws {Deno.errors.NotFound} if there is no such folder
 */
export async function videoFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visited = new Set<string>(); // a link may lead back
  const walk = async (parent: string): Promise<void> => {
    const real = await Deno.realPath(parent);
    if (visited.has(real)) return;
    visited.add(real);
    for (const { name, isFile, isDirectory } of await visibleEntries(parent)) {
      const path = join(parent, name);
      if (isDirectory) await walk(path);
      else if (isFile && isVideoName(name)) found.push(path);
    }
  };
  await walk(resolve(folder));
  return found.sort();
}

/** A file or folder that is not hidden; of a link, what it leads to. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/**
 * What is in a folder, sorted by name, without hidden entries and links that lead nowhere.
 *
 * @throws {Deno.errors.NotFound} if there is no such folder
 */
export async function visibleEntries(folder: string): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.startsWith(".")) continue;
      const { isFile, isDirectory } = entry.isSymlink
        ? await Deno.stat(join(folder, entry.name)).catch(() => ({
          isFile: false,
          isDirectory: false,
        }))
        : entry;
      entries.push({ name: entry.name, isFile, isDirectory });
    }
  } catch (error) {
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isNone) throw error;
    throw new Deno.errors.NotFound(
      `Cannot list videos: ${folder} must be a folder, got ${
        error instanceof Deno.errors.NotFound ? "nothing there" : "a file"
      }`,
    );
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Finds videos by the names that a set gives them. */
export interface VideoFinder {
  /** Videos in all. */
  readonly count: number;
  /**
   * The file of a video, wherever it lies: in a folder of its class rather than elsewhere, with the
   * set's own ending rather than another (videos are often converted), never in the folder of another
   * class.
   *
   * @param names file names that the set's videos are known by
   * @param className name of its class
   * @returns the file, or all files that it could as well be; empty if there is none
   */
  find(names: readonly string[], className: string): string[];
}

/** Looks through a folder of videos, once. */
export async function openVideoFolder(
  folder: string,
  classes: readonly string[],
): Promise<VideoFinder> {
  const byStem = new Map<string, string[]>();
  const paths = await videoFiles(folder);
  for (const path of paths) {
    const known = byStem.get(stemOf(path));
    if (known) known.push(path);
    else byStem.set(stemOf(path), [path]);
  }
  const classFolders = new Set(classes);
  return {
    count: paths.length,
    find(names, className) {
      let best: string[] = [];
      let bestRank = 0;
      for (const path of new Set(names.map(stemOf).flatMap((stem) => byStem.get(stem) ?? []))) {
        const parent = basename(dirname(path));
        if (parent !== className && classFolders.has(parent)) continue;
        const rank = 1 + (parent === className ? 2 : 0) + (names.includes(basename(path)) ? 1 : 0);
        if (rank > bestRank) best = [];
        if (rank >= bestRank) best.push(path);
        bestRank = Math.max(bestRank, rank);
      }
      return best;
    },
  };
}
