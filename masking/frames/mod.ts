/**
 * The frame selectors, without tfjs, so that a thread that decodes starts at once.
 *
 * @module
 */

export { dense } from "./dense.ts";
export {
  type CandidateWindow,
  informationIntensive,
  type InformationIntensiveOptions,
} from "./information_intensive.ts";
export { segments } from "./segments.ts";
export { spread, type SpreadOptions } from "./spread.ts";
export { still } from "./still.ts";
export { uniform } from "./uniform.ts";
export type {
  FramePhase,
  FrameRequest,
  FrameSelector,
  FrameView,
  NarrowInput,
} from "./frame_selector.ts";
