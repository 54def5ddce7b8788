import { definePlugin, type Plugin } from "@videoms/core/plain";
import { checkFrameRequest, type FrameSelector } from "./frame_selector.ts";

/**
 * F evenly spaced frames from the first to the last of the video, the same in training and testing; the
 * middle frame if F is 1.
 *
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { uniform } from "@videoms/masking";
 *
 * const frames = uniform.create({}).frames({
 *   videoFrames: 10,
 *   frames: 4,
 *   tubeletSize: 2,
 *   samplingRate: 1,
 *   phase: "train",
 *   random: randomStream(0),
 * });
 * console.assert(frames.join() === "0,3,6,9");
 * ```
 */
export const uniform: Plugin<"frames", Record<never, never>, FrameSelector> = definePlugin({
  kind: "frames",
  name: "uniform",
  summary: "evenly spaced frames of the whole video, without randomness",
  defaults: {},
  create: (): FrameSelector => ({
    name: "uniform",
    views: "video",
    candidateFrames: ({ frames }) => frames,
    frames(request) {
      checkFrameRequest(request);
      const { videoFrames, frames } = request;
      if (frames === 1) return Int32Array.of(Math.floor((videoFrames - 1) / 2));
      return Int32Array.from(
        { length: frames },
        (_, i) => Math.floor(i * (videoFrames - 1) / (frames - 1)),
      );
    },
  }),
});
