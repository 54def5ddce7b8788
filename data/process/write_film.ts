import { basename, dirname, join } from "node:path";
import { type Ffmpeg, findFfmpeg } from "./find_ffmpeg.ts";
import { runFfmpeg } from "./run_ffmpeg.ts";
import { PARTIAL_ENDING } from "../files/write_atomically.ts";
import type { Canvas } from "../pictures/canvas.ts";

/** Film formats. */
export const FILM_FORMATS = ["mp4", "gif"] as const;

/** A film format. */
export type FilmFormat = typeof FILM_FORMATS[number];

/** Format and speed of a film. */
export interface FilmOptions {
  format: FilmFormat;
  /** Frames per second. */
  fps: number;
  signal?: AbortSignal;
}

/** Time limit of ffmpeg for a film. */
const TIMEOUT_MS = 120_000;

/** Encoder arguments in order of preference: not every build has H.264. */
const ENCODINGS: Readonly<Record<FilmFormat, readonly (readonly string[])[]>> = {
  mp4: [["-c:v", "libx264", "-crf", "18"], ["-c:v", "mpeg4", "-q:v", "2"]].map((codec) => [
    ...["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", ...codec], // the chroma planes halve the sides
    ...["-pix_fmt", "yuv420p", "-movflags", "+faststart"],
  ]),
  gif: [["-vf", "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none", "-loop", "0"]],
};

async function encode(
  tools: Ffmpeg,
  pictures: readonly Canvas[],
  path: string,
  encoding: readonly string[],
  { format, fps, signal }: FilmOptions,
): Promise<string | null> {
  const [{ width, height }] = pictures;
  const { code, complaint } = await runFfmpeg(tools.ffmpeg, [
    ...["-nostdin", "-hide_banner", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"],
    ...["-s", `${width}x${height}`, "-r", String(fps), "-i", "pipe:0"],
    ...encoding,
    ...["-f", format, `file:${path}`],
  ], {
    timeoutMs: TIMEOUT_MS,
    signal,
    async writeInput(input) {
      for (const { data } of pictures) await input.write(data);
    },
  });
  return code === 0 ? null : complaint.trim() || `code ${code}`;
}

/**
 * Writes pictures of one size as a film, atomically.
 *
 * @throws {RangeError} if there are no pictures, or their sizes differ
 * @throws {Error} if ffmpeg is missing or fails
 */
export async function writeFilm(
  path: string,
  pictures: readonly Canvas[],
  options: FilmOptions,
): Promise<void> {
  const sizes = new Set(pictures.map(({ width, height }) => `${width} × ${height}`));
  if (sizes.size !== 1) {
    throw new RangeError(
      `Cannot write a film: its pictures must have one size, got ${
        [...sizes].join(", ") || "none"
      }`,
    );
  }
  const tools = await findFfmpeg();
  const partial = join(dirname(path), `.${basename(path)}${PARTIAL_ENDING}`);
  let problem: string | null = null;
  for (const encoding of ENCODINGS[options.format]) {
    problem = await encode(tools, pictures, partial, encoding, options);
    if (problem === null) return await Deno.rename(partial, path);
  }
  await Deno.remove(partial).catch(() => {});
  throw new Error(`Cannot write a film: ffmpeg must end without an error, got ${problem}`);
}
