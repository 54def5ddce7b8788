import { definePlugin, type Plugin } from "@videoms/core/plain";
import {
  checkFrameRequest,
  type FrameRequest,
  type FrameSelector,
  windowStart,
} from "./frame_selector.ts";

/** Options of {@linkcode spread}. */
export interface SpreadOptions {
  /**
   * Whether the stride is exactly `samplingRate`. If not, F points are evenly spaced over the window, both
   * ends included, as in the published code: the stride is F · samplingRate / (F − 1). @default true
   */
  exactStride: boolean;
}

/** Point `i` of `count` evenly spaced from `from` to `to`, both included; the first if there is one. */
function pointBetween(from: number, to: number, count: number, i: number): number {
  if (i === 0) return from;
  return i === count - 1 ? to : i * ((to - from) / (count - 1)) + from;
}

/** Frames at the stride; the last frame of a short video is repeated. */
function strideFrames(request: FrameRequest): Int32Array {
  const { videoFrames, frames, samplingRate } = request;
  const start = windowStart(request, frames * samplingRate);
  return Int32Array.from(
    { length: frames },
    (_, i) => Math.min(start + i * samplingRate, videoFrames - 1),
  );
}

/** Frames as in the published code. */
function publishedFrames(request: FrameRequest): Int32Array {
  const { videoFrames, frames, samplingRate } = request;
  const span = frames * samplingRate;
  if (videoFrames <= span) {
    const real = Math.floor(videoFrames / samplingRate);
    return Int32Array.from({ length: frames }, (_, i) => {
      const point = i < real ? pointBetween(0, videoFrames, real, i) : videoFrames;
      return Math.min(Math.trunc(point), videoFrames - 1);
    });
  }
  // The window's end is drawn from span … videoFrames − 1, so its start from one fewer than fit.
  const start = windowStart({ ...request, videoFrames: videoFrames - 1 }, span);
  const end = start + span;
  return Int32Array.from(
    { length: frames },
    (_, i) => Math.trunc(Math.min(pointBetween(start, end, frames, i), end - 1)),
  );
}

/**
 * Frames spread over a random window of F · samplingRate frames; the last frame of a short video is repeated.
 * At test time the window is centred.
 *
 * Source: fine-tuning of VideoMAE and EVEREST.
 *
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { spread } from "@videoms/masking";
 *
 * const request = {
 *   videoFrames: 20,
 *   frames: 6,
 *   tubeletSize: 2,
 *   samplingRate: 4,
 *   phase: "test",
 *   random: randomStream(0),
 * } as const;
 * console.assert(spread.create({ exactStride: true }).frames(request).join() === "0,4,8,12,16,19");
 * console.assert(spread.create({ exactStride: false }).frames(request).join() === "0,5,10,15,19,19");
 * ```
 */
export const spread: Plugin<"frames", SpreadOptions, FrameSelector> = definePlugin<
  "frames",
  SpreadOptions,
  FrameSelector
>({
  kind: "frames",
  name: "spread",
  summary: "frames spread over a random window; short videos repeat their last frame",
  defaults: { exactStride: true },
  help: { exactStride: "whether the stride is exactly the sampling rate, or F/(F - 1) times it" },
  create: ({ exactStride }: SpreadOptions): FrameSelector => ({
    name: "spread",
    candidateFrames: ({ frames }) => frames,
    frames(request) {
      checkFrameRequest(request);
      return exactStride ? strideFrames(request) : publishedFrames(request);
    },
  }),
});
