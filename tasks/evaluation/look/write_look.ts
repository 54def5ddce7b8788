import { dirname, extname } from "node:path";
import { FILM_FORMATS, type FilmFormat, type LabelledVideo, writeFilm } from "@videoms/data";
import { writePng } from "../../pictures/png.ts";
import { writeAtomically } from "@videoms/data/files";
import { lookAtClip, type LookOptions } from "./look_at_clip.ts";
import { lookFilm, lookSheet } from "./look_pictures.ts";
import { type LookStatistics, lookStatistics } from "./look_statistics.ts";

export const LOOK_FORMATS = ["png", ...FILM_FORMATS] as const;

export type LookFormat = typeof LOOK_FORMATS[number];

/** Frame rate of films of videos whose own is unknown. */
const FALLBACK_FPS = 5;

/** A film passes as quickly as what it shows. */
function filmRate({ record: { fps } }: LabelledVideo, samplingRate: number): number {
  return fps > 0 ? fps / samplingRate : FALLBACK_FPS;
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
  options: LookOptions,
): Promise<LookStatistics> {
  const { source, signal } = options;
  const clip = await lookAtClip(video, options);
  const statistics = lookStatistics(clip, source);
  await Deno.mkdir(dirname(path), { recursive: true });
  if (format === "png") await writePng(path, lookSheet(clip, source));
  else {
    const fps = filmRate(video, source.task.data.samplingRate);
    await writeFilm(path, lookFilm(clip, source), { format: format as FilmFormat, fps, signal });
  }
  const json = path.slice(0, path.length - extname(path).length) + ".json";
  await writeAtomically(json, JSON.stringify(statistics, null, 2) + "\n");
  return statistics;
}
