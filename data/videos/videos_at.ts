import { extname } from "node:path";
import { readAnnotations } from "../annotations/annotations.ts";
import type { AnnotationsOptions } from "../dataset/annotation_lists.ts";
import type { VideoSample } from "../dataset/dataset.ts";
import { indexVideos } from "../index/index_videos.ts";
import type { LabelledVideo } from "../loader/clip_batch.ts";
import { labelledSplit } from "./labelled_videos.ts";

const LISTS: readonly string[] = [".txt", ".csv"];

/** How a list is written. */
export type ListForm = Partial<Pick<AnnotationsOptions, "columns" | "images" | "imageFps">>;

async function readable(
  listed: readonly VideoSample[],
  imageFps = 0,
): Promise<LabelledVideo[]> {
  const samples = listed.map((sample) => ({ ...sample, ...imageFps > 0 ? { imageFps } : {} }));
  const entries = await indexVideos(samples.map(({ path }) => path));
  const { videos, unreadable: [first] } = labelledSplit("train", samples, entries);
  if (!first) return videos;
  throw new Error(`Cannot read ${first.path}: it must be a video, got: ${first.error}`);
}

/**
 * The video or folder of images of a path, with label 0.
 *
 * @param imageFps frames per second of images, which have no times of their own; 0 if unknown
 * @throws {Error} if there is no video
 */
export async function videoAt(path: string, imageFps = 0): Promise<LabelledVideo> {
  const [video] = await readable([{ path, label: 0 }], imageFps);
  return video;
}

/**
 * The videos of a path: the video or folder of images there, or the first ones of a list.
 *
 * @param form of the list; the rate of images is that of a folder too
 * @throws {Error} if a file is no video, or has other frames than the list names
 * @throws as `readAnnotations`, for lists
 */
export async function videosAt(
  path: string,
  limit: number,
  { columns, images, imageFps }: ListForm = {},
): Promise<{ videos: LabelledVideo[]; isList: boolean }> {
  const isList = LISTS.includes(extname(path).toLowerCase());
  const samples = isList
    ? (await readAnnotations(path, { columns, images })).slice(0, limit)
    : [{ path, label: 0 }];
  return { videos: await readable(samples, imageFps), isList };
}
