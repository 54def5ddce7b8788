import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { findSeries, imagePath, type ImageSeries, isImagePattern } from "../images/image_series.ts";
import { ImageFault, imageHead } from "../images/read_image.ts";
import { createLimiter } from "../process/limiter.ts";
import type { VideoRecord } from "./video_record.ts";

/** Images of a folder that tell whether it is still the same: first, last and evenly between. */
const GLANCED = 16;

/** Images whose headers are read: first, middle and last; the others are checked when they are decoded. */
const OPENED = 3;

/** Files looked at side by side: on a network drive each is a round trip. */
const AT_ONCE = 32;

/** Whether a path is a folder, or a pattern of numbered images in one. */
export async function isImageFolder(path: string): Promise<boolean> {
  const found = await Deno.stat(path).catch(() => null);
  if (found || !isImagePattern(path)) return found?.isDirectory === true;
  return (await Deno.stat(dirname(path)).catch(() => null))?.isDirectory === true;
}

/**
 * Indexes a folder of numbered images. No process is started and nothing is decoded: names give the frames, and a few
 * headers format and size.
 *
 * @param path the folder, or a pattern in it
 * @param known its record so far
 * @param thorough whether to look at every image even if the folder seems to be the same
 * @returns `known` if nothing has changed, a new record, or why the folder is not usable as a video
 */
export async function indexImages(
  path: string,
  known: VideoRecord | undefined,
  thorough = false,
): Promise<VideoRecord | string> {
  try {
    if (known?.images && !thorough) {
      const now = await glance(known.images, known.frames).catch(ifNotFound);
      if (now === known.images.glance) return known;
    }
    const record = await readFolder(path);
    const isSame = typeof record !== "string" && known?.images !== undefined &&
      JSON.stringify(record) === JSON.stringify(known);
    return isSame ? known : record;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (error instanceof ImageFault) return error.message;
    return error instanceof Deno.errors.NotFound ? "there is no such folder" : String(error);
  }
}

async function readFolder(path: string): Promise<VideoRecord | string> {
  const folder = isImagePattern(path) ? dirname(path) : path;
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const found = findSeries(path, names);
  if (typeof found === "string") return found;
  const { series, frames } = found;
  const glanced = await glance(series, frames);
  const stats = await statAll(series, Array.from({ length: frames }, (_, frame) => frame));
  const common = await imageHead(series, 0);
  for (const frame of spread(frames, OPENED)) await imageHead(series, frame, common);
  return {
    path,
    size: stats.reduce((sum, { size }) => sum + size, 0),
    mtimeMs: stats.reduce((latest, { mtimeMs }) => Math.max(latest, mtimeMs), 0),
    ...common,
    fps: 0,
    frames,
    declaredFrames: null,
    duration: 0,
    seek: null,
    images: { ...series, glance: glanced },
  };
}

/** Nothing for a file that is missing. */
function ifNotFound(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}

/** A hash that differs if images were added, removed or renamed, or some of them written again. */
async function glance(series: ImageSeries, frames: number): Promise<string> {
  const { mtime } = await Deno.stat(series.folder);
  const stats = await statAll(series, spread(frames, GLANCED));
  const seen = JSON.stringify([mtime?.getTime() ?? 0, frames, stats]);
  return createHash("sha256").update(seen).digest("hex").slice(0, 16);
}

interface ImageStamp {
  readonly size: number;
  readonly mtimeMs: number;
}

async function statAll(series: ImageSeries, frames: readonly number[]): Promise<ImageStamp[]> {
  const limiter = createLimiter(AT_ONCE);
  return await Promise.all(frames.map((frame) =>
    limiter.run(async () => {
      const { size, mtime } = await Deno.stat(imagePath(series, frame));
      return { size, mtimeMs: mtime?.getTime() ?? 0 };
    })
  ));
}

/** At most `most` frames, evenly spread, with the first and the last. */
function spread(frames: number, most: number): number[] {
  const count = Math.min(most, frames);
  const at = (i: number) => Math.round(i * (frames - 1) / Math.max(1, count - 1));
  return Array.from({ length: count }, (_, i) => at(i));
}
