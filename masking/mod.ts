/**
 * Masking strategies, token selection for classifiers and frame selection: pure functions of their inputs
 * and of random streams.
 *
 * @module
 */

// Masking strategies: which tokens are encoded and reconstructed in pre-training.
export { blockMotion, type BlockMotionOptions } from "./strategy/block_motion.ts";
export { causal, type CausalMaskingOptions } from "./strategy/causal.ts";
export { frame, type FrameMaskingOptions } from "./strategy/frame.ts";
export { frameDifference, type FrameDifferenceOptions } from "./strategy/frame_difference.ts";
export { motionCentric, type MotionCentricOptions } from "./strategy/motion_centric.ts";
export { multiBlock, type MultiBlockOptions } from "./strategy/multi_block.ts";
export { random, type RandomMaskingOptions } from "./strategy/random.ts";
export { runningCell, type RunningCellOptions } from "./strategy/running_cell.ts";
export {
  type MaskingStage,
  scheduled,
  type ScheduledMaskingOptions,
} from "./strategy/scheduled.ts";
export { several, type SeveralMasksOptions } from "./strategy/several.ts";
export { tube, type TubeMaskingOptions } from "./strategy/tube.ts";

// Token selection: which tokens a classifier sees.
export { allTokens } from "./tokens/all_tokens.ts";
export {
  motionCentricTokens,
  type MotionCentricTokensOptions,
} from "./tokens/motion_centric_tokens.ts";
export type { TokenSelection } from "./tokens/token_selection.ts";

// Frame selectors: which frames of a video make a clip.
export { dense } from "./frames/dense.ts";
export {
  type CandidateWindow,
  informationIntensive,
  type InformationIntensiveOptions,
} from "./frames/information_intensive.ts";
export { segments } from "./frames/segments.ts";
export { spread, type SpreadOptions } from "./frames/spread.ts";
export { still } from "./frames/still.ts";
export { uniform } from "./frames/uniform.ts";
export { gatherTubelets, type GatherTubeletsOptions } from "./frames/gather_tubelets.ts";

// For your own strategies and selectors.
export type {
  MaskingInput,
  MaskingStrategy,
  Selection,
  TokenCounts,
} from "./strategy/masking_strategy.ts";
export {
  type ClipTokens,
  drawnStrategy,
  type DrawnStrategyOptions,
  firstNumbers,
  tokensAt,
} from "./strategy/drawn_strategy.ts";
export { checkRatio, countHidden, countKept } from "./strategy/counts.ts";
export {
  checkFrameRequest,
  type FramePhase,
  type FrameRequest,
  type FrameSelector,
  type FrameView,
  type NarrowInput,
  windowStart,
} from "./frames/frame_selector.ts";
export { type ImportanceOptions, tokenImportance } from "./importance/token_importance.ts";
export type { Keep } from "./importance/informative_tokens.ts";
export {
  type DrawnTokens,
  type MotionContrast,
  motionContrast,
  selectionAgreement,
  type SelectionStatistics,
  selectionStatistics,
} from "./statistics/selection_statistics.ts";
export { countTied, tokenMotion } from "./statistics/token_statistics.ts";
