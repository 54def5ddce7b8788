import { firstOf } from "../annotations/first_of.ts";
import { openVideoFolder } from "./video_folder.ts";
import type { VideoList, VideoLists, VideoListsOptions } from "./video_lists.ts";

/** A video named by a data set. */
export interface NamedVideo {
  /** Its possible file names, the usual one first. */
  readonly names: readonly string[];
  readonly label: number;
}

/** A part of a data set before its files are located. */
export interface NamedList {
  readonly name: string;
  readonly videos: readonly NamedVideo[];
}

/**
 * Locates the files of a data set's videos.
 *
 * @throws {Deno.errors.NotFound} if videos are missing without `leave-out`, or none is left
 * @throws {RangeError} if a video matches several files
 */
export async function locateVideos(
  classes: readonly string[],
  named: readonly NamedList[],
  { videos: folder, missing: policy = "error" }: VideoListsOptions,
): Promise<VideoLists> {
  const finder = await openVideoFolder(folder, classes);
  const ambiguous: string[] = [];
  const lists = named.map(({ name, videos }): VideoList => {
    const found: VideoList["videos"][number][] = [];
    const missing: string[] = [];
    for (const { names, label } of videos) {
      const [path, ...others] = finder.find(names, classes[label]);
      if (path === undefined) missing.push(`${classes[label]}/${names[0]}`);
      else if (others.length > 0) ambiguous.push(`${names[0]}: ${path} or ${others[0]}`);
      else found.push({ path, label });
    }
    return { name, videos: found, missing };
  });
  if (ambiguous.length > 0) {
    throw new RangeError(
      `Cannot list videos: each video must match one file in ${folder}, got ${firstOf(ambiguous)}`,
    );
  }
  const missing = lists.flatMap((list) => list.missing);
  const isEmpty = lists.every(({ videos }) => videos.length === 0);
  if (isEmpty || (missing.length > 0 && policy === "error")) {
    const advice = isEmpty ? "" : "; use leave-out to list the others";
    throw new Deno.errors.NotFound(
      `Cannot list videos: the data set's videos must be in ${folder}, which contains ${finder.count} videos, ` +
        `got ${missing.length} missing: ${firstOf(missing)}${advice}`,
    );
  }
  return { classes, lists, skipped: finder.skipped };
}
