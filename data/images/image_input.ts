import { join } from "node:path";
import { imagePattern, type ImageSeries } from "./image_series.ts";

/**
 * Options of an input of images: every fault is an error rather than a guess at what was there, and stored pixels are
 * taken as they lie, since versions of ffmpeg differ in whether they obey EXIF.
 */
export const IMAGE_OPTIONS: readonly string[] = [
  ...["-err_detect", "crccheck+explode"],
  "-noautorotate",
];

/**
 * Arguments of ffmpeg that open all images of a series as one input, and nothing else.
 *
 * @param fps frames per second that their times are given by
 */
export function imageInput(series: ImageSeries, fps: number): string[] {
  // ffmpeg looks for the number in the whole path.
  const escaped = (text: string) => text.replaceAll("%", "%%");
  const pattern = imagePattern({ ...series, prefix: escaped(series.prefix) });
  return [
    ...IMAGE_OPTIONS,
    ...["-protocol_whitelist", "file", "-format_whitelist", "image2"],
    ...["-f", "image2", "-pattern_type", "sequence", "-framerate", String(fps)],
    ...["-start_number", String(series.first)],
    ...["-i", `file:${join(escaped(series.folder), pattern)}`],
  ];
}
