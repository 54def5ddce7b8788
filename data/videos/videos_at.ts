import { extname } from "node:path";
import { readAnnotations } from "../annotations/annotations.ts";
import type { VideoSample } from "../dataset/dataset.ts";
import { indexVideos } from "../index/index_videos.ts";
import type { LabelledVideo } from "../loader/clip_batch.ts";

const LISTS: readonly string[] = [".txt", ".csv"];

async function readable(samples: readonly VideoSample[]): Promise<LabelledVideo[]> {
  const entries = await indexVideos(samples.map(({ path }) => path));
  return entries.map((entry, i) => {
    if ("record" in entry) return { record: entry.record, label: samples[i].label };
    throw new Error(`Cannot read ${entry.path}: it must be a video, got: ${entry.error}`);
  });
}

/**
 * The video of a path, with label 0.
 *
 * @throws {Error} if the file is no video
 */
export async function videoAt(path: string): Promise<LabelledVideo> {
  const [video] = await readable([{ path, label: 0 }]);
  return video;
}

/**
 * The videos of a path: the video there, or the first ones of a list.
 *
 * @throws {Error} if a file is no video
 * @throws as `readAnnotations`, for lists
 */
export async function videosAt(
  path: string,
  limit: number,
): Promise<{ videos: LabelledVideo[]; isList: boolean }> {
  const isList = LISTS.includes(extname(path).toLowerCase());
  const samples = isList ? (await readAnnotations(path)).slice(0, limit) : [{ path, label: 0 }];
  return { videos: await readable(samples), isList };
}
