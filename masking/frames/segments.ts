import { definePlugin, type Plugin } from "@videoms/core/plain";
import {
  checkFrameRequest,
  type FrameRequest,
  type FrameSelector,
  type FrameView,
} from "./frame_selector.ts";

/** Frames at a share of each segment: its start in the first of V clips, 1/V of a segment later in each one after. */
function shiftedFrames(
  { videoFrames, frames }: FrameRequest,
  { index, count }: FrameView,
): Int32Array {
  const tick = videoFrames / frames;
  return Int32Array.from({ length: frames }, (_, i) => Math.trunc(tick * index / count + tick * i));
}

/**
 * Uniform (TSN) sampling: one frame from each of F equal segments of the video, a random one in training, the
 * middle one at test time. A video of fewer frames than segments repeats frames.
 *
 * Where an evaluation takes V clips, clip k has the frame k/V of the way into each segment: the V · F frames that are
 * evenly spread over the video, dealt out to the clips in turns.
 *
 * Source: Wang et al., "Temporal Segment Networks" (2016); the clips of an evaluation are those of VideoMAE on
 * Something-Something V2, which takes two.
 *
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { segments } from "@videoms/masking";
 *
 * const frames = segments.create({}).frames({
 *   videoFrames: 12,
 *   frames: 4,
 *   tubeletSize: 2,
 *   samplingRate: 1,
 *   phase: "test",
 *   random: randomStream(0),
 * });
 * console.assert(frames.join() === "1,4,7,10");
 * ```
 */
export const segments: Plugin<"frames", Record<never, never>, FrameSelector> = definePlugin({
  kind: "frames",
  name: "segments",
  summary: "uniform (TSN) sampling: one frame from each of F equal segments of the video",
  defaults: {},
  create: (): FrameSelector => ({
    name: "segments",
    views: "video",
    candidateFrames: ({ frames }) => frames,
    frames(request) {
      checkFrameRequest(request);
      const { videoFrames, frames, phase, random, view } = request;
      if (phase === "test" && view && view.count > 1) return shiftedFrames(request, view);
      return Int32Array.from({ length: frames }, (_, i) => {
        const start = Math.floor(i * videoFrames / frames);
        const length = Math.max(1, Math.floor((i + 1) * videoFrames / frames) - start);
        return start + (phase === "train" ? random.integer(length) : Math.floor((length - 1) / 2));
      });
    },
  }),
});
