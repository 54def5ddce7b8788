import { definePlugin, type Plugin } from "@videoms/core/plain";
import { join } from "node:path";
import type { Dataset, PreparedDataset, PrepareOptions, VideoSample } from "../dataset/dataset.ts";
import type { VideoRecord } from "../index/video_record.ts";
import { findFfmpeg } from "../process/find_ffmpeg.ts";
import { checkRendering } from "./check_rendering.ts";
import { encodeVideos } from "./encode_videos.ts";
import { SHAPE_CLASSES } from "./motion.ts";
import {
  renderShapes,
  SHAPE_ATTRIBUTES,
  shapeAttributes,
  shapeSpeed,
  type ShapeVideo,
} from "./render_shapes.ts";
import { renderedPlace } from "./rendered_place.ts";

/** Changes with the rendering, so that videos of older versions are not reused. */
const VERSION = 2;

/** What can be predicted of shapes: the class of their motion, its speed, or which attributes they have. */
export const SHAPE_TARGETS = ["class", "speed", "attributes"] as const;

/** One of {@linkcode SHAPE_TARGETS}. */
export type ShapeTargets = typeof SHAPE_TARGETS[number];

/** Options of {@linkcode shapes}. */
export interface ShapesOptions {
  /** Training videos. @default 1024 */
  videos: number;
  /** Held-out videos. @default 128 */
  heldOut: number;
  /** Side of the frames in pixels; even, at least 16. @default 64 */
  size: number;
  /** Frames per video. @default 48 */
  frames: number;
  /** Frames per second. @default 16 */
  fps: number;
  /** Seed of the videos. @default 0 */
  seed: number;
  /** Share of each video in which nothing moves, before and after the motion; from 0 to below 1. @default 0 */
  paused: number;
  /**
   * What is predicted: the class of the motion, how quickly it is (a number, in percent of the side per frame), or what
   * the shape is and does (several labels). @default "class"
   */
  targets: ShapeTargets;
  /** Folder for the videos. @default "datasets/shapes" */
  dir: string;
}

/**
 * A rendered data set: a textured shape over a textured background, whose motion (`left`, `right`, `up`,
 * `down`, `clockwise`, `counterclockwise`, `zoom-in`, `zoom-out`, `still`, `shake`) is its class. Appearance,
 * position, size and speed are random, so that `left` and `right` differ only in the order of frames;
 * horizontal flips would change the class.
 *
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 *
 * console.assert(shapes({ videos: 100 }).options.videos === 100);
 * ```
 */
export const shapes: Plugin<"dataset", ShapesOptions, Dataset> = definePlugin({
  kind: "dataset",
  name: "shapes",
  summary: "rendered textured shapes in motion; the class is the motion",
  defaults: {
    videos: 1024,
    heldOut: 128,
    size: 64,
    frames: 48,
    fps: 16,
    seed: 0,
    paused: 0,
    targets: "class" as ShapeTargets,
    dir: "datasets/shapes",
  },
  choices: { targets: SHAPE_TARGETS },
  earlier: { paused: 0, targets: "class" },
  paths: ["dir"],
  help: {
    videos: "training videos",
    heldOut: "held-out videos",
    size: "side of the frames in pixels",
    frames: "frames per video",
    fps: "frames per second",
    seed: "seed of the videos",
    paused: "share of each video in which nothing moves, before and after the motion",
    targets: "what is predicted: the class of the motion, its speed, or attributes",
    dir: "folder for the videos",
  },
  create: createShapes,
});

function createShapes(options: Readonly<ShapesOptions>): Dataset {
  checkRendering("shapes", options, {
    videos: 1,
    heldOut: 0,
    size: 16,
    frames: 1,
    fps: 1,
    seed: 0,
  });
  const { size, frames, fps, videos, heldOut, seed, paused } = options;
  if (!(paused >= 0 && paused < 1)) {
    throw new RangeError(`Cannot prepare shapes: paused must be from 0 to below 1, got ${paused}`);
  }
  const pauses = paused > 0 ? `-paused${paused}` : "";
  const name =
    `v${VERSION}-${size}px-${frames}f-${fps}fps-${videos}+${heldOut}-seed${seed}${pauses}`;
  const place = renderedPlace(options.dir, shapes.defaults.dir, name);
  const targets = TARGETS[options.targets];
  const names = targets?.names ?? SHAPE_CLASSES;
  const samples = (folder: string, split: string, count: number): VideoSample[] =>
    Array.from({ length: count }, (_, index) => ({
      path: join(folder, fileName(split, index)),
      ...targets
        ? { label: 0, targets: targets.of({ size, frames, seed, split, index, paused }) }
        : { label: index % SHAPE_CLASSES.length },
    }));
  return {
    async prepare(prepareOptions = {}): Promise<PreparedDataset> {
      const fill = (unfinished: string) => fillFolder(unfinished, options, prepareOptions);
      const folder = await place.make(fill);
      return {
        train: samples(folder, "train", videos),
        heldOut: heldOut > 0 ? samples(folder, "held_out", heldOut) : null,
        test: null,
        classes: names,
        ...targets ? { targets: targets.kind } : {},
        known: await recordsOf(folder, options),
      };
    },
    async summarize() {
      const { folder, isThere } = await place.find();
      const state = isThere ? "in" : "to be rendered to";
      const text = `${videos} videos of ${size} × ${size} pixels and ${frames} frames, ` +
        `${heldOut} held out, ${state} ${folder}`;
      return { text, train: videos, classes: names.length, classNames: names };
    },
  };
}

/** What is predicted in place of a class, and its value for a video. */
const TARGETS: Readonly<
  Partial<
    Record<ShapeTargets, {
      readonly kind: "labels" | "numbers";
      readonly names: readonly string[];
      readonly of: (video: ShapeVideo) => readonly number[];
    }>
  >
> = {
  speed: { kind: "numbers", names: ["speed"], of: (video) => [shapeSpeed(video)] },
  attributes: { kind: "labels", names: SHAPE_ATTRIBUTES, of: shapeAttributes },
};

/** Renders both splits. */
async function fillFolder(
  folder: string,
  { videos, heldOut, size, frames, fps, seed, paused }: Readonly<ShapesOptions>,
  { onProgress, signal }: PrepareOptions,
): Promise<void> {
  const tools = await findFfmpeg();
  const total = videos + heldOut;
  let before = 0;
  for (const [split, count] of [["train", videos], ["held_out", heldOut]] as const) {
    if (count === 0) continue;
    await Deno.mkdir(join(folder, split));
    await encodeVideos({
      folder: join(folder, split),
      count,
      size,
      frames,
      fps,
      tools,
      signal,
      render: (index) => renderShapes({ size, frames, seed, split, index, paused }),
      onVideo: (done) => onProgress?.({ what: "rendering shapes", done: before + done, total }),
    });
    await Deno.writeTextFile(join(folder, `${split}.txt`), annotationList(split, count));
    before += count;
  }
}

function fileName(split: string, index: number): string {
  return `${split}/${String(index).padStart(5, "0")}.mp4`;
}

function annotationList(split: string, count: number): string {
  const lines = Array.from(
    { length: count },
    (_, index) => `${fileName(split, index)} ${index % SHAPE_CLASSES.length}\n`,
  );
  return lines.join("");
}

/** Index records of the videos, which are all alike and need not be probed. */
async function recordsOf(
  folder: string,
  { videos, heldOut, size, frames, fps }: Readonly<ShapesOptions>,
): Promise<VideoRecord[]> {
  const names = [["train", videos], ["held_out", heldOut]] as const;
  const paths = names.flatMap(([split, count]) =>
    Array.from({ length: count }, (_, index) => join(folder, fileName(split, index)))
  );
  return await Promise.all(paths.map(async (path) => {
    const { size: bytes, mtime } = await Deno.stat(path);
    return {
      path,
      size: bytes,
      mtimeMs: mtime?.getTime() ?? 0,
      codec: "mpeg4",
      width: size,
      height: size,
      fps,
      frames,
      declaredFrames: frames,
      duration: frames / fps,
      seek: null, // so short that decoding from the start costs nothing
    };
  }));
}
