import { extname } from "node:path";
import { indexVideos, type LabelledVideo, readAnnotations } from "@videoms/data";

const LISTS: readonly string[] = [".txt", ".csv"];

/**
 * The videos of a path: the video there, or the first ones of a list.
 *
 * @throws {Error} if a file is no video
 * @throws as `readAnnotations`, for lists
 */
export async function lookedVideos(
  path: string,
  limit: number,
): Promise<{ videos: LabelledVideo[]; isList: boolean }> {
  const isList = LISTS.includes(extname(path).toLowerCase());
  const lines = isList ? (await readAnnotations(path)).slice(0, limit) : [{ path, label: 0 }];
  const entries = await indexVideos(lines.map((line) => line.path));
  const videos = entries.map((entry, i) => {
    if ("record" in entry) return { record: entry.record, label: lines[i].label };
    throw new Error(`Cannot look: ${entry.path} must be a video, got: ${entry.error}`);
  });
  return { videos, isList };
}
