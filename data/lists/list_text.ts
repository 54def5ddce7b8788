import { isAbsolute, relative, resolve, sep } from "node:path";
import type { ListedVideo } from "./video_lists.ts";

/**
 * Formats an annotation list for `readAnnotations`: a line `path label` per video. Paths of videos in the
 * list's folder are relative, so that both can be moved together; others are absolute.
 *
 * @param folder folder of the list
 * @throws {RangeError} if a path contains a line break
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
  return /^\s/.test(fromFolder) ? `.${sep}${fromFolder}` : fromFolder; // or the leading space would be lost
}
