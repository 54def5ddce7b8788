import { basename, dirname, join } from "node:path";

/** Numbered images of one folder, without gaps: the frames of a video. */
export interface ImageSeries {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** What names have before the number. */
  readonly prefix: string;
  /** Digits to which numbers are filled up with zeros; 1 for none. */
  readonly digits: number;
  /** What names have after the number, with the extension. */
  readonly suffix: string;
  /** Number of the first image. */
  readonly first: number;
}

/** A series and the number of its images, or why there is none. */
export type FoundSeries = { readonly series: ImageSeries; readonly frames: number } | string;

/** A name that ends in a number before an image extension. */
const NUMBERED = /^(.*?)(\d+)(\.(?:jpe?g|png))$/i;

/** A pattern of such names, as ffmpeg writes them: `img_%05d.jpg` or `%d.png`. */
const PATTERN = /^([^%]*)%(?:0(\d+))?d([^%]*\.(?:jpe?g|png))$/i;

/** File name of a frame's image. */
export function imageName({ prefix, digits, suffix, first }: ImageSeries, frame: number): string {
  return prefix + String(first + frame).padStart(digits, "0") + suffix;
}

/** Path of a frame's image. */
export function imagePath(series: ImageSeries, frame: number): string {
  return join(series.folder, imageName(series, frame));
}

/** The pattern of a series' names, `img_%05d.jpg`. */
export function imagePattern({ prefix, digits, suffix }: ImageSeries): string {
  return `${prefix}%${digits > 1 ? `0${digits}` : ""}d${suffix}`;
}

/** Whether a name is that of an image with a number. */
export function isNumberedImage(name: string): boolean {
  return NUMBERED.test(name);
}

/** Whether the last part of a path is a pattern of numbered images. */
export function isImagePattern(path: string): boolean {
  return PATTERN.test(basename(path));
}

/**
 * Finds the series of a folder in its file names.
 *
 * @param path the folder, or a pattern in it, which chooses one of several series
 * @param names the names in the folder, of images and of anything else
 */
export function findSeries(path: string, names: readonly string[]): FoundSeries {
  const pattern = PATTERN.exec(basename(path));
  const folder = pattern ? dirname(path) : path;
  const kinds = pattern
    ? new Map([["", matching(names, pattern[1], pattern[3])]])
    : Map.groupBy(names.flatMap(numbered), ({ prefix, suffix }) => `${prefix}\0${suffix}`);
  const all = [...kinds.values()].filter(({ length }) => length > 0);
  if (all.length === 0) {
    return pattern
      ? `its folder must hold images named ${basename(path)}, got none`
      : "it must be a video or hold numbered JPEG or PNG images, got a folder without any";
  }
  if (all.length > 1) {
    const found = all.slice(0, 4).map((images) =>
      `${images[0].prefix}%d${images[0].suffix} (${images.length})`
    );
    return `it must hold one series of images unless a pattern chooses one, got ${
      found.join(", ")
    }`;
  }
  return seriesOf(folder, all[0]);
}

/** A numbered name and its parts. */
interface NumberedName {
  readonly name: string;
  readonly prefix: string;
  /** The number as it is written. */
  readonly text: string;
  readonly suffix: string;
}

function numbered(name: string): NumberedName[] {
  const match = name.startsWith(".") ? null : NUMBERED.exec(name);
  return match ? [{ name, prefix: match[1], text: match[2], suffix: match[3] }] : [];
}

function matching(names: readonly string[], prefix: string, suffix: string): NumberedName[] {
  return names.flatMap((name) => {
    if (!name.startsWith(prefix) || !name.endsWith(suffix)) return [];
    const text = name.slice(prefix.length, name.length - suffix.length);
    return /^\d+$/.test(text) ? [{ name, prefix, text, suffix }] : [];
  });
}

function seriesOf(folder: string, images: readonly NumberedName[]): FoundSeries {
  const digits = Math.min(...images.map(({ text }) => text.length));
  const sorted = images.toSorted((a, b) => Number(a.text) - Number(b.text));
  const [{ prefix, suffix, text }] = sorted;
  const series = { folder, prefix, digits, suffix, first: Number(text) };
  const wrong = sorted.findIndex(({ name }, frame) => name !== imageName(series, frame));
  if (wrong < 0) return { series, frames: sorted.length };
  return `its images must be numbered without gaps and in one way, got ${
    sorted[wrong].name
  } in place of ${imageName(series, wrong)}`;
}
