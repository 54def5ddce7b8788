import { definePlugin, type Plugin } from "@videoms/core/plain";
import { checkFrameRequest, type FrameSelector, windowStart } from "./frame_selector.ts";

/**
 * Dense sampling: consecutive frames at a fixed stride from a random start; a short video repeats its last
 * reachable frame.
 *
 * As in the published code, the end of the video is exclusive: padding never uses the very last frame. At
 * test time the window is centred.
 *
 * Source: pre-training of VideoMAE and EVEREST.
 *
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { dense } from "@videoms/masking";
 *
 * const frames = dense.create({}).frames({
 *   videoFrames: 16,
 *   frames: 6,
 *   tubeletSize: 2,
 *   samplingRate: 4,
 *   phase: "train",
 *   random: randomStream(0),
 * });
 * console.assert(frames.join() === "0,4,8,12,12,12");
 * ```
 */
export const dense: Plugin<"frames", Record<never, never>, FrameSelector> = definePlugin({
  kind: "frames",
  name: "dense",
  summary: "dense sampling: consecutive frames at a fixed stride from a random start",
  defaults: {},
  create: (): FrameSelector => ({
    name: "dense",
    candidateFrames: ({ frames }) => frames,
    frames(request) {
      checkFrameRequest(request);
      const { videoFrames, frames, samplingRate } = request;
      let frame = windowStart(request, frames * samplingRate);
      const chosen = new Int32Array(frames);
      for (let i = 0; i < frames; i++) {
        chosen[i] = frame;
        if (frame + samplingRate < videoFrames - 1) frame += samplingRate;
      }
      return chosen;
    },
  }),
});
