import { basename, dirname, extname, join, resolve } from "node:path";
import { isNumberedImage } from "../images/image_series.ts";
import { VIDEO_ENDINGS } from "../process/video_formats.ts";
import type { OnSkip, SkippedEntry } from "./skipped_entry.ts";

/** File extensions of videos, with the dot. */
const ENDINGS: ReadonlySet<string> = new Set(VIDEO_ENDINGS.map((ending) => `.${ending}`));

/** Whether a file name has a video extension. */
export function isVideoName(name: string): boolean {
  return ENDINGS.has(extname(name).toLowerCase());
}

/** File name without folder and extension. */
export function stemOf(path: string): string {
  return basename(path, extname(path));
}

/**
 * Absolute paths of all videos below a folder, sorted: files, and folders that hold numbered images, no video and no
 * folder. Hidden files and folders are skipped; links are
 * followed.
 *
 * @param onSkip called for everything that is skipped
 * @throws {Deno.errors.NotFound} if there is no such folder
 * @throws {RangeError} if the name of a folder or a video is not UTF-8
 */
export async function videoFiles(
  folder: string,
  onSkip: OnSkip = () => {},
): Promise<string[]> {
  const top = resolve(folder);
  const found: string[] = [];
  const visited = new Set<string>(); // links may form cycles
  const walk = async (parent: string): Promise<void> => {
    const real = await Deno.realPath(parent);
    if (visited.has(real)) return onSkip(parent, "a link to a folder that is searched anyway");
    visited.add(real);
    const entries = await visibleEntries(parent, onSkip);
    if (parent !== top && areFrames(entries)) return void found.push(parent);
    for (const { name, isFile, isDirectory } of entries) {
      const path = join(parent, name);
      if (isDirectory) await walk(path);
      else if (!isFile) onSkip(path, "not a regular file");
      else if (isVideoName(name)) found.push(path);
      else onSkip(path, "not named like a video");
    }
  };
  await walk(top);
  const all = new Set(found);
  return found.filter((path) => {
    const isShadowed = all.has(`${path}.mp4`); // what a list calls `a` is then the video
    if (isShadowed) onSkip(path, "images beside a video of the same name");
    return !isShadowed;
  }).sort();
}

/** Whether a folder with these entries is a video, frame by frame. */
function areFrames(entries: readonly FolderEntry[]): boolean {
  return entries.filter(({ name }) => isNumberedImage(name)).length > 1 &&
    entries.every(({ name, isFile }) => isFile && !isVideoName(name));
}

/** A visible file or folder; for a link, its target. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/**
 * The entries of a folder, sorted by name, without hidden ones and broken links.
 *
 * @param onSkip called for these
 * @throws {Deno.errors.NotFound} if there is no such folder
 * @throws {RangeError} if the name of a folder or a video is not UTF-8
 */
export async function visibleEntries(
  folder: string,
  onSkip: OnSkip = () => {},
): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  for (const entry of await readFolder(folder)) {
    const { name } = entry;
    const path = join(folder, name);
    if (name.startsWith(".")) {
      onSkip(path, "hidden");
    } else if (name.includes("\uFFFD") && !await isThere(path)) {
      if (entry.isDirectory || isVideoName(name)) throw notUtf8(path, folder);
      onSkip(path, "not named like a video");
    } else {
      const { isFile, isDirectory } = entry.isSymlink ? await targetOf(path) : entry;
      if (entry.isSymlink && !isFile && !isDirectory) onSkip(path, "a broken link");
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

/** Deno replaces non-UTF-8 bytes of a name by U+FFFD, so that the file cannot be opened. */
function notUtf8(path: string, folder: string): RangeError {
  return new RangeError(
    `Cannot list videos: names must be UTF-8, got ${path}, where \uFFFD stands for other bytes; ` +
      `rename such files and folders, for example with: convmv -f latin1 -t utf8 -r --notest ${
        JSON.stringify(folder)
      }`,
  );
}

/** Finds videos by the names in a data set. */
export interface VideoFinder {
  /** Total number of videos. */
  readonly count: number;
  /** What was skipped. */
  readonly skipped: readonly SkippedEntry[];
  /**
   * Finds the file of a video anywhere: preferably in its class folder and with the data set's extension
   * rather than another (videos are often converted), never in another class's folder.
   *
   * @param names the video's possible file names
   * @param className its class
   * @returns the file, or all equally good candidates; empty if there is none
   */
  find(names: readonly string[], className: string): string[];
}

/** Searches a folder of videos once. */
export async function openVideoFolder(
  folder: string,
  classes: readonly string[],
): Promise<VideoFinder> {
  const byStem = new Map<string, string[]>();
  const skipped: SkippedEntry[] = [];
  const paths = await videoFiles(folder, (path, why) => skipped.push({ path, why }));
  for (const path of paths) {
    const known = byStem.get(stemOf(path));
    if (known) known.push(path);
    else byStem.set(stemOf(path), [path]);
  }
  const classFolders = new Set(classes);
  return {
    count: paths.length,
    skipped,
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
