import {
  type Ffmpeg,
  type GroupTimes,
  type LoaderTimes,
  loopLag,
  type VideoRecord,
} from "@videoms/data";
import { dense } from "@videoms/masking";
import { loadInWorker } from "../../runs/loader/data_worker_batches.ts";
import type { ClipRecipe } from "../../runs/loader/loader_job.ts";

export interface LoaderBench {
  /** Rows of the list; clips are drawn from as many of them as there are clips, again from the first. */
  records: readonly VideoRecord[];
  clips: number;
  batch: number;
  frames: number;
  /** Frames of the video from one frame of the clip to the next. */
  stride: number;
  size: number;
  processes: number;
  tools: Ffmpeg;
  /** Clips per second that a device takes. @default as many as there are */
  device?: number;
  signal: AbortSignal;
}

/** Takes clips through the loader as training does, and measures. */
export async function measureLoader(bench: LoaderBench): Promise<LoaderTimes> {
  const { records, clips, batch, size, processes, tools, device, signal } = bench;
  const groups: GroupTimes[] = [];
  const lateMs: number[] = [];
  const start = performance.now();
  let [first, waited] = [0, 0];
  const job = {
    videos: Array.from({ length: clips }, (_, i) => (
      { record: records[i % records.length], label: 0 }
    )),
    ...{ batch, size, processes, tools },
    recipe: recipeOf(bench),
    seed: 0,
    endEpoch: 1, // nothing is decoded beyond what is measured
    maxReplaced: 1,
  };
  for await (const loaded of loadInWorker(job)) {
    signal.throwIfAborted();
    if (first === 0) first = performance.now();
    else waited += loaded.waitMs;
    groups.push(...loaded.loader.groups);
    lateMs.push(...loaded.loader.lateMs);
    loaded.release();
    if (device) holdThread(1000 * batch / device);
  }
  const end = performance.now();
  return {
    clips: batch * Math.floor(clips / batch),
    seconds: (end - start) / 1000,
    running: (end - first) / 1000,
    waiting: waited / 1000,
    groups,
    lag: loopLag(lateMs),
  };
}

/** Keeps this thread from everything else, as a training step does, without taking a core. */
function holdThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Clips from anywhere in a video, cropped as in pre-training; short videos repeat their last frame. */
function recipeOf({ frames, stride, size }: LoaderBench): ClipRecipe {
  return {
    clip: { model: { frames, tubeletSize: 1, imageSize: size }, data: { samplingRate: stride } },
    frames: dense(),
    crop: "multi-scale",
  };
}
