import {
  clipBatches,
  type Ffmpeg,
  type GroupTimes,
  multiScaleCrop,
  type PlanClip,
  type VideoRecord,
} from "@videoms/data";
import { type LoopLag, watchLoopLag } from "./event_loop_lag.ts";

/** What is decoded and how. */
export interface LoaderBench {
  /** Rows of the list; clips are drawn from as many of them as there are clips, again from the first. */
  records: readonly VideoRecord[];
  /** Clips that are decoded. */
  clips: number;
  /** Clips of a batch. */
  batch: number;
  /** T, frames of a clip. */
  frames: number;
  /** Frames of the video from one frame of the clip to the next. */
  stride: number;
  /** Side of the frames in pixels. */
  size: number;
  /** ffmpeg processes at a time. */
  processes: number;
  tools: Ffmpeg;
  /** Clips per second that a device takes. @default as many as there are */
  device?: number;
  signal: AbortSignal;
}

/** What a pass through the loader took. */
export interface LoaderTimes {
  clips: number;
  /** From the first request to the last batch. */
  seconds: number;
  /** Seconds from the first batch on. */
  running: number;
  /** Seconds of these in which the caller waited for a batch. */
  waiting: number;
  groups: GroupTimes[];
  lag: LoopLag;
}

/** Takes clips through the loader as training does, and measures. */
export async function measureLoader(bench: LoaderBench): Promise<LoaderTimes> {
  const { records, clips, batch, size, processes, tools, device, signal } = bench;
  const groups: GroupTimes[] = [];
  const lag = watchLoopLag();
  const start = performance.now();
  let [first, waited] = [0, 0];
  for await (
    const loaded of clipBatches({
      videos: Array.from({ length: clips }, (_, i) => (
        { record: records[i % records.length], label: 0 }
      )),
      ...{ batch, size, processes, tools, signal },
      plan: planOf(bench),
      seed: 0,
      endEpoch: 1, // nothing is decoded beyond what is measured
      maxReplaced: 1,
      onGroup: (times) => groups.push(times),
    })
  ) {
    if (first === 0) first = performance.now();
    else waited += loaded.waitMs;
    loaded.release();
    if (device) await new Promise((resolve) => setTimeout(resolve, 1000 * batch / device));
  }
  const end = performance.now();
  return {
    clips: batch * Math.floor(clips / batch),
    seconds: (end - start) / 1000,
    running: (end - first) / 1000,
    waiting: waited / 1000,
    groups,
    lag: lag(),
  };
}

/** Clips from anywhere in a video, cropped as in pre-training; short videos repeat their last frame. */
function planOf({ frames, stride, size }: LoaderBench): PlanClip {
  return ({ record }, random) => {
    const start = random.child("frames").integer(
      Math.max(1, record.frames - (frames - 1) * stride),
    );
    return {
      frames: Int32Array.from(
        { length: frames },
        (_, i) => Math.min(start + i * stride, record.frames - 1),
      ),
      crop: multiScaleCrop(record, size, random.child("crop")),
    };
  };
}
