import { definePlugin, type Plugin } from "@videoms/core/plain";
import { checkFrameRequest, type FrameSelector, windowStart } from "./frame_selector.ts";

/**
 * One frame, repeated: a baseline that sees no motion, in training, validation and evaluation. The frame is drawn
 * in training, and the one in the middle otherwise.
 *
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { still } from "@videoms/masking";
 *
 * const frames = still.create({}).frames({
 *   videoFrames: 9,
 *   frames: 4,
 *   tubeletSize: 2,
 *   samplingRate: 1,
 *   phase: "test",
 *   random: randomStream(0),
 * });
 * console.assert(frames.join() === "4,4,4,4");
 * ```
 */
export const still: Plugin<"frames", Record<never, never>, FrameSelector> = definePlugin({
  kind: "frames",
  name: "still",
  summary: "one frame, repeated: a baseline that sees no motion",
  defaults: {},
  create: (): FrameSelector => ({
    name: "still",
    views: "stretch", // consecutive frames would move
    candidateFrames: ({ frames }) => frames,
    frames(request) {
      checkFrameRequest(request);
      return new Int32Array(request.frames).fill(windowStart(request, 1));
    },
  }),
});
