/**
 * A frame selector for VideoMS.
 *
 * @module
 */

import { definePlugin, type Plugin } from "@videoms/core";
import { checkFrameRequest, type FrameSelector, windowStart } from "@videoms/masking";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Factor of the sampling rate. @default 1 */
  stretch: number;
}

/**
 * Frames at an even stride, stretched by a factor, from a start that is drawn in training and centred
 * in tests. A short video repeats its last frame.
 *
 * A selector that decodes more frames than it keeps has `narrow`: see `informationIntensive` in
 * @videoms/masking.
 */
export const myModule: Plugin<"frames", MyModuleOptions, FrameSelector> = definePlugin({
  kind: "frames",
  name: "my-module",
  summary: "frames at a stretched stride",
  defaults: { stretch: 1 },
  help: { stretch: "factor of the sampling rate, above 0" },
  create({ stretch }: MyModuleOptions): FrameSelector {
    if (!(stretch > 0)) {
      throw new RangeError(
        `Cannot build frames "my-module": stretch must be above 0, got ${stretch}`,
      );
    }
    return {
      name: "my-module",
      candidateFrames: ({ frames }) => frames,
      frames(request) {
        checkFrameRequest(request);
        const { videoFrames, frames, samplingRate } = request;
        const stride = stretch * samplingRate;
        const start = windowStart(request, Math.ceil(frames * stride));
        return Int32Array.from(
          { length: frames },
          (_, i) => Math.min(videoFrames - 1, Math.floor(start + i * stride)),
        );
      },
    };
  },
});
