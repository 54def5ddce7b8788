import { definePlugin, type Plugin } from "@videoms/core/plain";
import { join } from "node:path";
import type { Dataset, PrepareOptions } from "../dataset/dataset.ts";
import { findFfmpeg } from "../process/find_ffmpeg.ts";
import { checkRendering } from "../shapes/check_rendering.ts";
import { encodeVideos } from "../shapes/encode_videos.ts";
import { renderedPlace } from "../shapes/rendered_place.ts";
import { ego4dOscc, OSCC_CLASSES } from "./ego4d_oscc.ts";
import { type OsccShapesWindow, renderOsccWindow, stateChangeFrame } from "./render_oscc_window.ts";

/** Changes with the rendering, so that videos of older versions are not reused. */
const VERSION = 1;

/** Seconds of a window, as in Ego4D. */
const WINDOW_SECONDS = 8;

/** Options of {@linkcode osccShapes}. */
export interface OsccShapesOptions {
  /** Training videos. @default 24 */
  videos: number;
  /** Held-out videos. @default 8 */
  heldOut: number;
  /** Windows of 8 seconds per video; every other one has a state change. @default 5 */
  windows: number;
  /** Side of the frames in pixels; even, at least 16. @default 64 */
  size: number;
  /** Frames per second. @default 8 */
  fps: number;
  /** Seed of the videos. @default 0 */
  seed: number;
  /** Folder for the videos. @default "datasets/oscc-shapes" */
  dir: string;
}

type Options = Readonly<OsccShapesOptions>;

/**
 * A rendered stand-in for Ego4D's object state change classification: videos of consecutive windows of 8
 * seconds in which a moving shape changes its outline or material, is split or joined, or only moves.
 * Annotations in Ego4D's format are written beside them and read by {@linkcode ego4dOscc}.
 *
 * @example
 * ```ts
 * import { osccShapes } from "@videoms/data";
 *
 * console.assert(osccShapes({ videos: 4 }).options.videos === 4);
 * ```
 */
export const osccShapes: Plugin<"dataset", OsccShapesOptions, Dataset> = definePlugin({
  kind: "dataset",
  name: "oscc-shapes",
  summary: "a rendered stand-in for ego4d-oscc: shapes with or without a state change",
  defaults: {
    videos: 24,
    heldOut: 8,
    windows: 5,
    size: 64,
    fps: 8,
    seed: 0,
    dir: "datasets/oscc-shapes",
  },
  paths: ["dir"],
  help: {
    videos: "training videos",
    heldOut: "held-out videos",
    windows: "windows of 8 seconds per video",
    size: "side of the frames in pixels",
    fps: "frames per second",
    seed: "seed of the videos",
    dir: "folder for the videos",
  },
  create: createOsccShapes,
});

function createOsccShapes(options: Options): Dataset {
  checkRendering("shapes that change their state", options, {
    videos: 1,
    heldOut: 0,
    windows: 1,
    size: 16,
    fps: 1,
    seed: 0,
  });
  const { videos, heldOut, windows, size, fps, seed } = options;
  const name = `v${VERSION}-${size}px-${windows}w-${fps}fps-${videos}+${heldOut}-seed${seed}`;
  const place = renderedPlace(options.dir, osccShapes.defaults.dir, name);
  return {
    async prepare(prepareOptions = {}) {
      const fill = (unfinished: string) => fillFolder(unfinished, options, prepareOptions);
      const folder = await place.make(fill);
      const read = ego4dOscc.create({
        ...ego4dOscc.defaults,
        train: join(folder, listName("train")),
        heldOut: heldOut > 0 ? join(folder, listName("val")) : "",
        videos: join(folder, "videos"),
      });
      return await read.prepare(prepareOptions);
    },
    async summarize() {
      const { folder, isThere } = await place.find();
      const state = isThere ? "in" : "to be rendered to";
      const text = `${videos * windows} windows of ${videos} videos of ${size} × ${size} pixels, ` +
        `${heldOut * windows} of ${heldOut} held out, ${state} ${folder}`;
      return {
        text,
        train: videos * windows,
        classes: OSCC_CLASSES.length,
        classNames: OSCC_CLASSES,
      };
    },
  };
}

function listName(split: string): string {
  return `fho_oscc-pnr_${split}.json`;
}

/** The window to draw; every other window has a state change. */
function windowOf({ size, fps, seed }: Options, video: number, window: number): OsccShapesWindow {
  const stateChange = (video + window) % 2 === 1;
  return { size, frames: WINDOW_SECONDS * fps, seed, video, window, stateChange };
}

async function fillFolder(
  folder: string,
  options: Options,
  { onProgress, signal }: PrepareOptions,
): Promise<void> {
  const { videos, heldOut, windows, size, fps } = options;
  const count = videos + heldOut;
  await Deno.mkdir(join(folder, "videos"));
  await encodeVideos({
    folder: join(folder, "videos"),
    count,
    size,
    frames: windows * WINDOW_SECONDS * fps,
    fps,
    tools: await findFfmpeg(),
    signal,
    render: (video) => renderVideo(options, video),
    onVideo: (done) => onProgress?.({ what: "rendering state changes", done, total: count }),
  });
  const write = (split: string, first: number, end: number) =>
    Deno.writeTextFile(join(folder, listName(split)), annotations(options, split, first, end));
  await write("train", 0, videos);
  if (heldOut > 0) await write("val", videos, count);
}

/** The windows of a video, one after the other; uint8 [T, H, W, 3]. */
function renderVideo(options: Options, video: number): Uint8Array<ArrayBuffer> {
  const { windows, size, fps } = options;
  const bytes = WINDOW_SECONDS * fps * size * size * 3;
  const pixels = new Uint8Array(windows * bytes);
  for (let window = 0; window < windows; window++) {
    pixels.set(renderOsccWindow(windowOf(options, video, window)), window * bytes);
  }
  return pixels;
}

/** The annotations of some videos in Ego4D's format. */
function annotations(options: Options, split: string, first: number, end: number): string {
  const clips: object[] = [];
  for (let video = first; video < end; video++) {
    for (let window = 0; window < options.windows; window++) {
      clips.push(annotation(windowOf(options, video, window), options.fps));
    }
  }
  const description = "shapes that change their state, or do not; rendered by VideoMS";
  return JSON.stringify({ version: `v${VERSION}`, date: "", description, split, clips }, null, 2);
}

function annotation(window: OsccShapesWindow, fps: number): object {
  // File names of encodeVideos.
  const videoUid = String(window.video).padStart(5, "0");
  const [startFrame, endFrame] = [0, 1].map((next) => (window.window + next) * window.frames);
  const [startSec, endSec] = [startFrame / fps, endFrame / fps];
  const pnrFrame = startFrame + stateChangeFrame(window);
  // Windows without a clip, as in some rows of Ego4D.
  return {
    clip_uid: null,
    clip_id: videoUid,
    unique_id: `${videoUid}-${startSec}-${endSec}`,
    video_uid: videoUid,
    clip_start_sec: startSec,
    clip_end_sec: endSec,
    parent_start_sec: startSec,
    parent_end_sec: endSec,
    clip_start_frame: startFrame,
    clip_end_frame: endFrame,
    parent_start_frame: startFrame,
    parent_end_frame: endFrame,
    state_change: window.stateChange,
    ...window.stateChange
      ? { clip_pnr_frame: pnrFrame, parent_pnr_frame: pnrFrame }
      : { pnr_frame: null },
  };
}
