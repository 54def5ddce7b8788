import { isAbsolute, relative, resolve, sep } from "node:path";
import type { ListedVideo } from "./video_lists.ts";

/**
 * The text of an annotation list, as `readAnnotations` reads it: a line `path label` for each video. Paths
 * are relative if the videos are in the folder of the list, so that both can be moved together, else
 * absolute.
 *
 * @param folder folder of the list
 * @throws {RangeError} if a path has a line break in it, which a list cannot hold
 * @example
 * ```ts
 * import { listText } from "@videoms/data";
 *
 * const videos = [{ path: "/data/ucf/a b.avi", label: 3 }, { path: "/other/c.avi", label: 0 }];
 * console.assert(listText(videos, "/data") === "ucf/a b.avi 3\n/other/c.avi 0\n");
 * ```
 */
export function listText(videos: readonly ListedVideo[], folder: string): string {
  return videos.map(({ path, label }) => `${writtenPath(path, folder)} ${label}\n`).join("");
}

function writtenPath(path: string, folder: string): string {
  if (/[\r\n\u2028\u2029]/.test(path)) {
    throw new RangeError(
      `Cannot list videos: a path must have no line break, got ${JSON.stringify(path)}`,
    );
  }
  const fromFolder = relative(resolve(folder), path);
  const isInside = fromFolder.split(sep)[0] !== ".." && !isAbsolute(fromFolder);
  if (!isInside) return path;
  return /^\s/.test(fromFolder) ? `.${sep}${fromFolder}` : fromFolder; // or the blank would be lost
}
