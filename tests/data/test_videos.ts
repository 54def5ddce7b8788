/** Helpers of the data tests: videos rendered by ffmpeg, whose every frame is different. */

import {
  centreCrop,
  type ClipBatch,
  clipBatches,
  type ClipBatchesOptions,
  findFfmpeg,
  indexVideos,
  type LabelledVideo,
  type VideoRecord,
} from "@videoms/data";
import assert from "node:assert/strict";

/** Runs ffmpeg and gives what it writes to its standard output. */
export async function ffmpeg(...args: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const { code, stdout, stderr } = await new Deno.Command((await findFfmpeg()).ffmpeg, {
    args: ["-nostdin", "-v", "error", "-y", ...args],
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

/** A moving test pattern to be rendered. */
interface RenderedVideo {
  path: string;
  frames: number;
  /** Arguments of the encoder. */
  encoder: readonly string[];
  /** Width and height. @default "96x64" */
  size?: string;
}

/** Renders moving test patterns, all by one process: to start one takes longer than to render a video. */
export async function renderVideos(videos: readonly RenderedVideo[]): Promise<void> {
  const sizeOf = ({ size = "96x64" }: RenderedVideo) => size;
  const sizes = [...new Set(videos.map(sizeOf))];
  // Endless inputs of several sizes never end; some encoders drop frames of theirs.
  const seconds = String(Math.max(...videos.map(({ frames }) => frames)) / 25 * 1.25);
  await ffmpeg(
    ...sizes.flatMap((
      size,
    ) => ["-t", seconds, "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25`]),
    ...videos.flatMap((video) => [
      ...["-map", `${sizes.indexOf(sizeOf(video))}:v`, "-frames:v", String(video.frames)],
      ...["-pix_fmt", "yuv420p", ...video.encoder, `file:${video.path}`],
    ]),
  );
}

/** Renders a moving test pattern with the encoder arguments given. */
export async function renderVideo(path: string, frames: number, ...encoder: string[]) {
  await renderVideos([{ path, frames, encoder }]);
}

/** Arguments of a small and quick encoder that every ffmpeg has. */
export const MPEG4 = ["-c:v", "mpeg4", "-q:v", "3", "-g", "12"];

/** The encoders of an ffmpeg, as it lists them. */
export async function encoders(): Promise<string> {
  return new TextDecoder().decode(await ffmpeg("-encoders"));
}

/** Runs a test body with a folder that is removed afterwards. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "videoms-test-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The record of a sound video. */
export async function recordOf(path: string): Promise<VideoRecord> {
  const [entry] = await indexVideos([path]);
  assert.ok("record" in entry, JSON.stringify(entry));
  return entry.record;
}

/** A video of so many frames and copies of it, `0.mp4` and on, in three classes. */
export async function videoCopies(
  folder: string,
  count: number,
  frames: number,
): Promise<LabelledVideo[]> {
  await renderVideo(`${folder}/0.mp4`, frames, ...MPEG4);
  const record = await recordOf(`${folder}/0.mp4`);
  return await Promise.all(Array.from({ length: count }, async (_, i) => {
    const path = `${folder}/${i}.mp4`;
    if (i > 0) await Deno.copyFile(record.path, path);
    return { record: { ...record, path }, label: i % 3 };
  }));
}

/** What a batch shows, without times. */
function content({ decodeMs: _, waitMs: __, release: ___, ...batch }: ClipBatch) {
  return { ...batch, pixels: batch.pixels.slice() };
}

/** What all batches show; they are released. */
export async function collectBatches(options: ClipBatchesOptions) {
  const batches: ReturnType<typeof content>[] = [];
  for await (const batch of clipBatches(options)) {
    batches.push(content(batch));
    batch.release();
    batch.release(); // harmless
  }
  return batches;
}

/** A request for frames of the largest square in the middle. */
export function centred(record: VideoRecord, frames: number[], size = 32) {
  return { record, frames, crop: centreCrop(record), size };
}

/** Asserts that a folder holds nothing. */
export function assertEmpty(folder: string): void {
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), []);
}
