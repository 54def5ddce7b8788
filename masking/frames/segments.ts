import { definePlugin, type Plugin } from "@videoms/core/plain";
import { checkFrameRequest, type FrameSelector } from "./frame_selector.ts";

/**
 * Uniform (TSN) sampling: one frame from each of F equal segments of the video, a random one in training, the
 * middle one at test time. A video of fewer frames than segments repeats frames.
 *
 * Source: Wang et al., "Temporal Segment Networks" (2016).
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
      const { videoFrames, frames, phase, random } = request;
      return Int32Array.from({ length: frames }, (_, i) => {
        const start = Math.floor(i * videoFrames / frames);
        const length = Math.max(1, Math.floor((i + 1) * videoFrames / frames) - start);
        return start + (phase === "train" ? random.integer(length) : Math.floor((length - 1) / 2));
      });
    },
  }),
});
