import { basename, dirname, extname, join, resolve } from "node:path";
import { VIDEO_ENDINGS } from "../process/video_formats.ts";
import type { PassedOver, PassOver } from "./passed_over.ts";

/** Endings that files of videos have, with the dot. */
const ENDINGS: ReadonlySet<string> = new Set(VIDEO_ENDINGS.map((ending) => `.${ending}`));

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
 * @param passOver told of everything that is there and not listed
 * @throws {Deno.errors.NotFound} if there is no such folder
 * @throws {RangeError} if the name of a folder or a video is not UTF-8
 */
export async function videoFiles(
  folder: string,
  passOver: PassOver = () => {},
): Promise<string[]> {
  const found: string[] = [];
  const visited = new Set<string>(); // a link may lead back
  const walk = async (parent: string): Promise<void> => {
    const real = await Deno.realPath(parent);
    if (visited.has(real)) return passOver(parent, "a link to a folder that is looked through");
    visited.add(real);
    for (const { name, isFile, isDirectory } of await visibleEntries(parent, passOver)) {
      const path = join(parent, name);
      if (isDirectory) await walk(path);
      else if (!isFile) passOver(path, "not a regular file");
      else if (isVideoName(name)) found.push(path);
      else passOver(path, "not named like a video");
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
 * @param passOver told of these
 * @throws {Deno.errors.NotFound} if there is no such folder
 * @throws {RangeError} if the name of a folder or a video is not UTF-8
 */
export async function visibleEntries(
  folder: string,
  passOver: PassOver = () => {},
): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  for (const entry of await readFolder(folder)) {
    const { name } = entry;
    const path = join(folder, name);
    if (name.startsWith(".")) {
      passOver(path, "hidden");
    } else if (name.includes("\uFFFD") && !await isThere(path)) {
      if (entry.isDirectory || isVideoName(name)) throw notUtf8(path, folder);
      passOver(path, "not named like a video");
    } else {
      const { isFile, isDirectory } = entry.isSymlink ? await targetOf(path) : entry;
      if (entry.isSymlink && !isFile && !isDirectory) passOver(path, "a link to no file or folder");
      else entries.push({ name, isFile, isDirectory });
    }
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function readFolder(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
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
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function targetOf(link: string): Promise<Pick<Deno.FileInfo, "isFile" | "isDirectory">> {
  return await Deno.stat(link).catch(() => ({ isFile: false, isDirectory: false }));
}

/** Deno gives bytes of a name that are not UTF-8 as U+FFFD, by which the file cannot be opened. */
function notUtf8(path: string, folder: string): RangeError {
  return new RangeError(
    `Cannot list videos: names must be UTF-8, got ${path}, where \uFFFD stands for other bytes; ` +
      `rename such files and folders, for example with: convmv -f latin1 -t utf8 -r --notest ${
        JSON.stringify(folder)
      }`,
  );
}

/** Finds videos by the names that a set gives them. */
export interface VideoFinder {
  /** Videos in all. */
  readonly count: number;
  /** What else is there. */
  readonly passedOver: readonly PassedOver[];
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
  const passedOver: PassedOver[] = [];
  const paths = await videoFiles(folder, (path, why) => passedOver.push({ path, why }));
  for (const path of paths) {
    const known = byStem.get(stemOf(path));
    if (known) known.push(path);
    else byStem.set(stemOf(path), [path]);
  }
  const classFolders = new Set(classes);
  return {
    count: paths.length,
    passedOver,
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
