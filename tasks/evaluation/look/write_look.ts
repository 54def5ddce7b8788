import type { Descriptor, Registry } from "@videoms/core";
import { FILM_FORMATS, type LabelledVideo, prepareVideos, writeFilm } from "@videoms/data";
import { writeJson } from "@videoms/data/files";
import { lookFilm, lookSheet, writePng } from "@videoms/data/pictures";
import { dirname, extname, join } from "node:path";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import type { ClipData } from "../../definition/run_task.ts";
import { chosenOf } from "./look.ts";
import { type ClipLookOptions, lookAtClip } from "./look_at_clip.ts";
import { patchSource } from "./look_source.ts";
import { type LookStatistics, lookStatistics } from "./look_statistics.ts";

export const LOOK_FORMATS = ["png", ...FILM_FORMATS] as const;

export type LookFormat = typeof LOOK_FORMATS[number];

/** Frame rate of films of videos whose own is unknown. */
const FALLBACK_FPS = 5;

/** A film passes as quickly as what it shows. */
function filmRate({ record }: LabelledVideo, { samplingRate, fps }: ClipData): number {
  const rate = fps ?? record.fps;
  return rate > 0 ? rate / samplingRate : FALLBACK_FPS;
}

/**
 * Looks at a clip of a video and writes the picture, and its statistics as JSON beside it.
 *
 * @param path of the picture; its ending is replaced for the statistics
 * @throws {Error} if the video cannot be read, or ffmpeg cannot write the film
 */
export async function writeLook(
  path: string,
  format: LookFormat,
  video: LabelledVideo,
  options: ClipLookOptions,
): Promise<LookStatistics> {
  const { source, signal } = options;
  const clip = await lookAtClip(video, options);
  const statistics = lookStatistics(clip, source);
  await Deno.mkdir(dirname(path), { recursive: true });
  const chosen = chosenOf(clip, source);
  if (format === "png") await writePng(path, lookSheet(chosen));
  else {
    const fps = filmRate(video, source.task.data);
    await writeFilm(path, lookFilm(chosen), { format, fps, signal });
  }
  await writeJson(path.slice(0, path.length - extname(path).length) + ".json", statistics);
  return statistics;
}

/**
 * Draws what strategies make of a task's first held-out clip, for reports: `clip-0.png` with its statistics
 * `clip-0.json` beside it. Importance is that of raw patches.
 *
 * @param folder where they are written; it is made
 * @throws {Error} if the video cannot be read
 */
export async function lookPicture(
  task: PretrainTask,
  strategies: readonly Descriptor<"masking">[],
  folder: string,
  { registry, signal }: { registry: Registry; signal?: AbortSignal },
): Promise<void> {
  const { heldOut: [video] } = await prepareVideos(task, registry, { signal });
  await using source = await patchSource(task);
  const options = { source, registry, strategies, epochs: 8, signal };
  await writeLook(join(folder, "clip-0.png"), "png", video, options);
}
