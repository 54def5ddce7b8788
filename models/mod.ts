/**
 * Video transformers of VideoMS: patches, position embeddings, blocks, the masked autoencoder, the
 * classifier, probes, their weights in PyTorch's layout and their cost.
 *
 * @module
 */

// Networks.
export {
  type LossOptions,
  MaskedAutoencoder,
  type MaskedAutoencoderOptions,
  maskedAutoencoderSpecs,
  predictedValues,
  type TokenSets,
} from "./autoencoder/masked_autoencoder.ts";
export { type Reconstruction, reconstructions } from "./autoencoder/reconstructions.ts";
export {
  type CollapseSigns,
  collapseSigns,
  type CollapseSubject,
  collapseWarnings,
  MaskDrift,
} from "./autoencoder/collapse_signs.ts";
export {
  type Initialization,
  INITIALIZATIONS,
  VideoClassifier,
  type VideoClassifierOptions,
  videoClassifierSpecs,
} from "./classifier/video_classifier.ts";
export {
  VideoEncoder,
  type VideoEncoderOptions,
  videoEncoderSpecs,
} from "./encoder/video_encoder.ts";
export {
  PROBE_KINDS,
  type ProbeFeatures,
  probeGrid,
  type ProbeHead,
  ProbeHeads,
  type ProbeHeadsOptions,
  type ProbeKind,
} from "./probe/probe_heads.ts";
export {
  MODEL_SIZES,
  type ModelSize,
  type ModelSizeName,
  type TransformerSize,
} from "./vit/sizes.ts";
export { finalEpsilon, type StackOptions } from "./vit/blocks.ts";

// Positions, and what your own are made of.
export { learned, type LearnedPositionsOptions } from "./positions/learned.ts";
export { positionTable } from "./positions/position_table.ts";
export type { Positions, RotationTable } from "./positions/positions.ts";
export { rotary, type RotaryOptions } from "./positions/rotary.ts";
export {
  separableSineCosine,
  type SeparableSineCosineOptions,
} from "./positions/separable_sine_cosine.ts";
export { sineCosine } from "./positions/sine_cosine.ts";

// Objectives and backbones, and what your own are made of.
export { latent, type LatentObjectiveOptions } from "./objective/latent.ts";
export type { Objective, ObjectivePicture, ObjectiveTargets } from "./objective/objective.ts";
export { type PixelObjectiveOptions, pixels, type PredictedFrames } from "./objective/pixels.ts";
export {
  predictedPixels,
  reconstructionTargets,
  TARGET_NORMS,
  type TargetNorm,
} from "./patches/targets.ts";
export { type Backbone, vit } from "./backbone/backbone.ts";
export {
  type BlockOptions,
  type BlockRun,
  type DenseInitializer,
  denseSpecs,
  type DropPath,
  hiddenWidth,
  isFusedBlock,
  MLP_KINDS,
  type MlpKind,
  normSpecs,
} from "./backbone/vit_block.ts";

// Optimisers and schedules of the learning rate.
export { adamw } from "./optimizer/adamw.ts";
export { lamb } from "./optimizer/lamb.ts";
export { lion } from "./optimizer/lion.ts";
export { sgd, type SgdOptions } from "./optimizer/sgd.ts";
export { constant } from "./schedule/constant.ts";
export { cosine } from "./schedule/cosine.ts";
export { linearDecay } from "./schedule/linear_decay.ts";
export { stableDecay, type StableDecayOptions } from "./schedule/stable_decay.ts";

// Patches, mixup, CutMix and random erasing.
export {
  patchify,
  patchTensor,
  patchValues,
  PIXEL_MEAN,
  PIXEL_SCALE,
  PIXEL_STD,
} from "./patches/patchify.ts";
export { eraseWithNoise } from "./patches/erase_with_noise.ts";
export type { Box } from "./patches/box_runs.ts";
export { type PixelChange, pixelChange } from "./mix/pixel_change.ts";
export { mixPatchValues, softTargets } from "./mix/mix_clips.ts";
export {
  type MixMode,
  type MixOptions,
  type MixPlan,
  mixPlan,
  partOfMixPlan,
} from "./mix/mix_plan.ts";

// Metrics and layer-wise learning rate decay.
export { confusionMatrix, meanClassAccuracy, topK } from "./classifier/metrics.ts";
export { layerDecay } from "./classifier/layer_decay.ts";

// Weights: names and layouts, sets in a file, and which of them a network loads.
export {
  type EncoderNetwork,
  fromPyTorch,
  fromPyTorchTensor,
  type NetworkKind,
  pytorchName,
  pytorchShape,
  type PyTorchTensor,
  toPyTorch,
  toPyTorchTensor,
} from "./checkpoint/pytorch_layout.ts";
export {
  fromHuggingFace,
  type NamedTensors,
  toHuggingFace,
} from "./checkpoint/hugging_face_layout.ts";
export { formatConfig, parseConfig } from "./checkpoint/hugging_face_config.ts";
export { formatProcessor } from "./checkpoint/hugging_face_processor.ts";
export { type WholeModel, wholeModel } from "./checkpoint/whole_model.ts";
export { type ModelFacts, modelFacts } from "./checkpoint/model_facts.ts";
export {
  type KnownModel,
  knownModel,
  modelMetadata,
  type UnseenFacts,
  USUAL_EPSILON,
  usualSize,
} from "./checkpoint/known_model.ts";
export {
  type ChosenWeights,
  type WeightChooser,
  weightChooser,
} from "./checkpoint/weight_choice.ts";
export { positionsInWeights, type UnplacedWeights } from "./checkpoint/positions_in_weights.ts";
export { epsilonNotes } from "./checkpoint/epsilon_notes.ts";
export { positionsDifference } from "./checkpoint/positions_difference.ts";
export { type StoredClips } from "./checkpoint/resized_positions.ts";
export {
  chooseWeightSet,
  type NamedDictionaries,
  type WantedWeights,
  type WeightSet,
  weightSets,
} from "./checkpoint/weight_sets.ts";
export { networkWeights } from "./checkpoint/network_weights.ts";
export { bareName } from "./checkpoint/tensor_names.ts";
export { firstOf } from "./checkpoint/tensor_rows.ts";
export {
  type AutoencoderReceiver,
  planAutoencoderWeights,
} from "./checkpoint/autoencoder_weights.ts";
export {
  type ClassifierReceiver,
  type ClassifierStart,
  planClassifierWeights,
} from "./checkpoint/classifier_weights.ts";
export { type EncoderReceiver, planEncoderWeights } from "./checkpoint/encoder_weights.ts";
export {
  type ExplainedTensor,
  readPlannedValues,
  type Reasons,
  type Receiver,
  type StoredShapes,
  type WeightPlan,
  type WeightReport,
} from "./checkpoint/weight_plan.ts";

// Cost in multiply-accumulates and memory.
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
export {
  type CostByPart,
  embeddingCost,
  encoderCost,
  maskedAutoencoderCost,
  type MaskSize,
  probeHeadsCost,
  totalCost,
  videoClassifierCost,
} from "./cost/multiply_accumulates.ts";
export {
  estimateMemory,
  type MemoryEstimate,
  type MemoryQuestion,
  type StackLoad,
} from "./cost/memory_estimate.ts";
export { type StepSizes, stepTime } from "./cost/step_time.ts";
export {
  finetuneMemory,
  pretrainMemory,
  probeMemory,
  type StepLoad,
} from "./cost/training_memory.ts";
export {
  checkpointBytes,
  type CheckpointSnapshot,
  type CheckpointSource,
  snapshotSource,
  type TensorSet,
} from "./checkpoint/checkpoint_bytes.ts";
export {
  type CheckpointSubject,
  liveSource,
  restoreCheckpoint,
  takeSnapshot,
} from "./checkpoint/checkpoint_content.ts";
export { type StoredNetwork, storedParameters } from "./checkpoint/stored_parameters.ts";

// A head whose labels are mapped onto other classes.
export { headLabels, mapHead, type MappedLabels } from "./checkpoint/mapped_head.ts";
export { mapLogits } from "./evaluation/map_logits.ts";

// Several labels or numbers in place of a class.
export {
  NUMBER_ERRORS,
  type NumberError,
  predictionsOf,
  scoresOfTargets,
  TARGET_KINDS,
  type TargetKind,
  type Targets,
  targetsOf,
} from "./targets/targets.ts";
export { targetLoss } from "./targets/target_loss.ts";
export {
  type LabelFigures,
  type NumberFigures,
  type TargetRating,
  TargetTally,
} from "./targets/target_tally.ts";
export { averagePrecision } from "./targets/average_precision.ts";
export { calibrationError, CalibrationTally } from "./targets/calibration_error.ts";

// Scores and features of an evaluation.
export {
  byPlace,
  decodePart,
  encodePart,
  type FailedRow,
  type FeaturePart,
  type FeatureRow,
  gatherViews,
  type IndexRow,
  type ReadViews,
  type ViewFeatures,
} from "./evaluation/feature_part.ts";
export { collectScores, type ScoreCollector } from "./evaluation/score_collector.ts";
export {
  type ClassAccuracy,
  type ScoreSummary,
  summarizeScores,
  type VideoFailure,
  type ViewSubset,
} from "./evaluation/score_summary.ts";
export { summarizeTargets, type TargetSummary } from "./evaluation/target_summary.ts";
export { AccuracyTally, type VideoAccuracy } from "./evaluation/accuracy_tally.ts";
export { type RatedSets, setTally } from "./evaluation/set_tally.ts";
export { accuracyTally } from "./evaluation/class_tally.ts";
export type { VideoTally, WantedVideo } from "./targets/video_tally.ts";
export { type SwappedClasses, swappedClasses } from "./evaluation/swapped_classes.ts";
export { softmax } from "./evaluation/softmax.ts";
export {
  type EvaluationFacts,
  FAILED,
  type FailedView,
  missingViews,
  NOT_SCORED,
  type ScoredVideo,
  unfinishedRows,
  type ViewEntries,
  viewNumber,
  type ViewPlace,
  viewPlaces,
  type ViewScores,
  type ViewTable,
} from "./evaluation/view_scores.ts";
export { type ScoreIndex, scoresOf, scoreTensors } from "./evaluation/score_tensors.ts";
