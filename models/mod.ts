/**
 * Video transformers of VideoMS: patches, positions, blocks, the masked autoencoder, the classifier,
 * their PyTorch layout and their cost.
 *
 * @module
 */

export * from "./autoencoder/masked_autoencoder.ts";
export * from "./backbone/backbone.ts";
export * from "./backbone/vit_block.ts";
export * from "./checkpoint/autoencoder_weights.ts";
export * from "./checkpoint/classifier_weights.ts";
export * from "./checkpoint/encoder_weights.ts";
export {
  formatConfig,
  normNotes,
  parseConfig,
  type WholeModel,
} from "./checkpoint/hugging_face_config.ts";
export * from "./checkpoint/hugging_face_layout.ts";
export {
  type KnownModel,
  knownModel,
  modelMetadata,
  type UnseenFacts,
  USUAL_EPSILON,
  usualSize,
} from "./checkpoint/known_model.ts";
export * from "./checkpoint/model_facts.ts";
export * from "./checkpoint/network_weights.ts";
export * from "./checkpoint/pytorch_layout.ts";
export * from "./checkpoint/tensor_names.ts";
export { firstOf } from "./checkpoint/tensor_rows.ts";
export {
  type ExplainedTensor,
  readPlannedValues,
  type Reasons,
  type Receiver,
  type StoredShapes,
  type WeightPlan,
  type WeightReport,
} from "./checkpoint/weight_plan.ts";
export * from "./checkpoint/weight_sets.ts";
export {
  type ChosenWeights,
  type WeightChooser,
  weightChooser,
} from "./checkpoint/weight_choice.ts";
export { type UnplacedWeights, withoutPositions } from "./checkpoint/without_positions.ts";
export * from "./classifier/layer_decay.ts";
export * from "./classifier/metrics.ts";
export * from "./classifier/video_classifier.ts";
export {
  type CandidateFrames,
  type ClipCost,
  type CountedMasks,
  finetuneClipCost,
  forwardCost,
  type LabelledInput,
  masksOf,
  pretrainClipCost,
  probeClipCost,
  trainingCost,
} from "./cost/clip_cost.ts";
export * from "./cost/memory_estimate.ts";
export * from "./cost/multiply_accumulates.ts";
export * from "./encoder/video_encoder.ts";
export { collectScores, type ScoreCollector } from "./evaluation/score_collector.ts";
export {
  type ClassAccuracy,
  type ScoreSummary,
  summarizeScores,
  type VideoFailure,
  type ViewSubset,
} from "./evaluation/score_summary.ts";
export { softmax } from "./evaluation/softmax.ts";
export * from "./evaluation/view_scores.ts";
export * from "./mix/beta.ts";
export * from "./mix/mix_clips.ts";
export * from "./mix/mix_plan.ts";
export * from "./objective/latent.ts";
export * from "./objective/objective.ts";
export * from "./objective/pixels.ts";
export * from "./patches/box_runs.ts";
export * from "./patches/erase_with_noise.ts";
export * from "./patches/patchify.ts";
export * from "./patches/targets.ts";
export * from "./probe/attentive_head.ts";
export * from "./probe/linear_head.ts";
export * from "./probe/probe_heads.ts";
export * from "./probe/standardize.ts";

export * from "./vit/blocks.ts";
export * from "./vit/patch_embedding.ts";
export * from "./vit/positions.ts";
export * from "./vit/sizes.ts";
export * from "./vit/token_encoder.ts";
