/**
 * Which tokens are encoded and reconstructed, which tokens a classifier keeps, and which frames are
 * decoded: pure functions of their inputs and of random streams.
 *
 * @module
 */

export * from "./frames/dense.ts";
export * from "./frames/draw_tubelets.ts";
export * from "./frames/frame_selector.ts";
export * from "./frames/gather_tubelets.ts";
export * from "./frames/information_intensive.ts";
export * from "./frames/segments.ts";
export * from "./frames/spread.ts";
export * from "./frames/uniform.ts";
export * from "./importance/informative_tokens.ts";
export * from "./importance/token_importance.ts";
export * from "./strategy/block_motion.ts";
export * from "./strategy/causal.ts";
export * from "./strategy/counts.ts";
export * from "./strategy/drawn_strategy.ts";
export * from "./strategy/frame.ts";
export * from "./strategy/frame_difference.ts";
export * from "./strategy/masking_strategy.ts";
export * from "./strategy/motion_centric.ts";
export * from "./strategy/multi_block.ts";
export * from "./strategy/random.ts";
export * from "./strategy/running_cell.ts";
export * from "./strategy/scheduled.ts";
export * from "./strategy/several.ts";
export * from "./strategy/tube.ts";
export * from "./tokens/all_tokens.ts";
export * from "./tokens/motion_centric_tokens.ts";
export * from "./tokens/token_selection.ts";
