import { firstOf } from "../annotations/first_of.ts";
import { openVideoFolder } from "./video_folder.ts";
import type { VideoList, VideoLists, VideoListsOptions } from "./video_lists.ts";

/** A video as a set names it. */
export interface NamedVideo {
  /** File names that it is known by, the usual one first. */
  readonly names: readonly string[];
  readonly label: number;
}

/** A part of a set before its files are looked for. */
export interface NamedList {
  readonly name: string;
  readonly videos: readonly NamedVideo[];
}

/**
 * Finds the files of a set's videos.
 *
 * @throws {Deno.errors.NotFound} if videos are missing and must not be, or none is left
 * @throws {RangeError} if a video could be one of several files
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
      `Cannot list videos: each must be one file in ${folder}, got ${firstOf(ambiguous)}`,
    );
  }
  const missing = lists.flatMap((list) => list.missing);
  const isEmpty = lists.every(({ videos }) => videos.length === 0);
  if (isEmpty || (missing.length > 0 && policy === "error")) {
    const advice = isEmpty ? "" : "; the rest can be listed without them (leave-out)";
    throw new Deno.errors.NotFound(
      `Cannot list videos: those of the set must be in ${folder}, which holds ${finder.count} videos, ` +
        `got ${missing.length} that are not there: ${firstOf(missing)}${advice}`,
    );
  }
  return { classes, lists, passedOver: finder.passedOver };
}
