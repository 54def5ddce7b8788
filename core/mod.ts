/**
 * Foundations of VideoMS: the token grid, random streams, plugins, devices, tensor operations with
 * hand-written gradients, parameters, optimisation and checkpoint files.
 *
 * @module
 */

// Clips, tokens and random streams.
export {
  type ClipGeometry,
  gridOf,
  type TokenGrid,
  tokenGrid,
  valuesPerToken,
} from "./grid/token_grid.ts";
export { nearestVisible } from "./grid/nearest_visible.ts";
export { type RandomStream, randomStream } from "./random/random_stream.ts";

// Plugins.
export {
  definePlugin,
  type Descriptor,
  type Json,
  type MakePart,
  type Plugin,
  PLUGIN_KINDS,
  type PluginDefinition,
  type PluginKind,
  type PluginOptions,
} from "./plugin/plugin.ts";
export { withEarlierOptions, withoutEarlierOptions } from "./plugin/earlier_options.ts";
export { createRegistry, pluginsOf, type Registry } from "./plugin/registry.ts";
export { type Html, html, type HtmlContent, htmlTable, trustedHtml } from "./text/html.ts";
export { nearest } from "./text/nearest.ts";
export {
  effectSize,
  type Estimate,
  estimate,
  pairedDifference,
  pairsNeeded,
  type SeedValue,
} from "./metrics/estimate.ts";
export { median } from "./metrics/median.ts";
export { type MeanInterval, pairedBootstrap } from "./metrics/paired_bootstrap.ts";
export { studentQuantile } from "./metrics/student_t.ts";
export { formatBar, formatDuration, formatNumber, formatPercent } from "./text/format.ts";
export { flattenFields, valueAt, withValue } from "./text/dotted_path.ts";
export { formatCommand } from "./text/format_command.ts";
export { oppositeNames } from "./text/opposite_names.ts";
export { textTable } from "./text/text_table.ts";

// Devices.
export {
  type BackendChoice,
  BACKENDS,
  type Device,
  type DeviceOptions,
  type Precision,
  PRECISIONS,
} from "./device/device.ts";
export { openDevice } from "./device/open_device.ts";
export { type AdapterOptions, findAdapter, findAdapters, findGpus } from "./device/find_adapter.ts";
export {
  type AdapterSummary,
  type GpuChoice,
  GPUS,
  type MatrixConfig,
  type MatrixElement,
} from "./webgpu/adapter_summary.ts";
export { type Blas, type BlasInfo, type BlasSearch, findBlas } from "./cpu/blas.ts";
export { GemmTuning, gemmTuning } from "./webgpu/autotune/gemm_tuning.ts";
export type { TuningRecord } from "./webgpu/autotune/tuning_record.ts";
export type { GemmTile } from "./webgpu/gemm/gemm_tile.ts";
export type { GemmForm } from "./webgpu/gemm/gemm_variant.ts";
export type { GemmProduct, GemmSizes } from "./webgpu/gemm/run_gemm.ts";
export type { MatrixUnit } from "./webgpu/matrix/matrix_unit.ts";
export type { KernelTime } from "./webgpu/gpu_profile.ts";
export type { GpuQueue, QueueCounts } from "./webgpu/gpu_queue.ts";
export type { BufferRange, GpuMemory } from "./webgpu/gpu_memory.ts";
export type { Shader, ShaderBinding, ShaderTarget, ShaderUniform } from "./webgpu/shader.ts";
export type { ValueType } from "./webgpu/value_type.ts";

// Differentiable operations.
export { differentiable } from "./ops/differentiable.ts";
export { tidy } from "./ops/tidy.ts";
export { hostRows, joinRows, splitRows } from "./ops/host_rows.ts";
export { gelu } from "./ops/gelu.ts";
export { layerNorm } from "./ops/layer_norm.ts";
export { linear, linearOfData } from "./ops/linear.ts";
export { packBiases, selfAttention } from "./ops/self_attention.ts";
export {
  type BlockSettings,
  type BlockTensors,
  transformerBlock,
} from "./ops/transformer_block.ts";
export { recompute } from "./ops/recompute.ts";
export { rotateHeads, type Rotation } from "./ops/rotate_heads.ts";
export { addRows, decoderTokens, gatherTokens, tokensFrom } from "./ops/tokens.ts";
export { partitionTokens, type TokenPartition } from "./ops/select_tokens.ts";
export { byteTable } from "./ops/byte_table.ts";
export { patchesOf, pixelTensor } from "./ops/patches.ts";
export {
  binaryCrossEntropy,
  reconstructionLoss,
  smoothedTargets,
  smoothL1Error,
  softmaxCrossEntropy,
  squaredError,
} from "./ops/losses.ts";

// Kernels of a backend, for your own.
export { activeKernels, useKernels } from "./ops/active_kernels.ts";
export { referenceKernels } from "./ops/reference/reference_kernels.ts";
export type { BlockKernels, Kernels } from "./ops/kernels/kernels.ts";
export type { AttentionKernels } from "./ops/kernels/attention_kernels.ts";
export type { DenseKernels, LinearGradients, LinearResidual } from "./ops/kernels/dense_kernels.ts";
export type { LayerNormGradients, NormKernels } from "./ops/kernels/norm_kernels.ts";
export type { PatchKernels, PixelScale } from "./ops/kernels/patch_kernels.ts";
export {
  type Distance,
  DISTANCES,
  FIRST_TUBELETS,
  type FirstTubelet,
  type SelectionKernels,
} from "./ops/kernels/selection_kernels.ts";
export type { TokenKernels } from "./ops/kernels/token_kernels.ts";

// Parameters, optimisation and metrics.
export { type Initializer, xavierUniform } from "./parameters/initializer.ts";
export { type LossAndGradients, lossAndGradients } from "./parameters/loss_and_gradients.ts";
export {
  countParameters,
  type HostTensors,
  initialParameters,
  Parameters,
  type ParameterSpec,
  type Scope,
} from "./parameters/parameters.ts";
export { sizeOf } from "./parameters/size_of.ts";
export { findWasmFiles } from "./cpu/wasm_files.ts";
export { AdamW, type AdamWOptions } from "./optimizer/adamw.ts";
export { openOptimizer } from "./optimizer/open_optimizer.ts";
export { Optimizer, type OptimizerStep } from "./optimizer/optimizer.ts";
export {
  type AdamMoments,
  adamMoments,
  ADAMW,
  type UpdatedState,
  type UpdateRule,
  type UpdateSettings,
  type UpdateState,
} from "./optimizer/update_rule.ts";
export type {
  AdamWChange,
  AdamWKernel,
  AdamWMaker,
  AdamWSubject,
  LossScaleState,
  Moments,
  OptimizerStatus,
  StepFailure,
} from "./optimizer/adamw_kernel.ts";
export { decayMatrices, type ParameterRule } from "./optimizer/parameter_rule.ts";
export {
  COSINE,
  cosineAt,
  type CosineSchedule,
  scaledRate,
  type Schedule,
  scheduleAt,
} from "./optimizer/schedule.ts";
export { WeightEma } from "./optimizer/weight_ema.ts";
export {
  compareMetrics,
  formatMetric,
  isSetLoss,
  type MetricKind,
  metricKind,
  topName,
  topOf,
  type Unit,
} from "./metrics/metric_kind.ts";
export { countRight } from "./metrics/count_right.ts";
export { MetricSums } from "./metrics/metric_sums.ts";
export {
  type ExchangeTimes,
  GradientAverage,
  type GradientAverageOptions,
  type RankTotals,
} from "./optimizer/gradient_average.ts";
export { type RankWaits, SharedSteps } from "./optimizer/shared_steps.ts";
export {
  type GradientContext,
  gradientStep,
  meanOf,
  partOf,
  type StepChange,
  type StepResult,
} from "./optimizer/gradient_step.ts";

// Several processes that train together.
export {
  gatherValues,
  meetRanks,
  ranksInTurn,
  requireSameOnRanks,
  sumOverRanks,
  valueOfFirst,
} from "./parallel/agreement.ts";
export type { Communicator, SharedValues, SumTimes } from "./parallel/communicator.ts";
export { type Launch, launchOf } from "./parallel/launch.ts";
export { localRanks } from "./parallel/local_ranks.ts";
export { installedMpi, type MpiInfo } from "./parallel/mpi_library.ts";
export { currentLaunch, openRanks, type RanksOptions } from "./parallel/open_ranks.ts";
export { RankMembership } from "./parallel/rank_membership.ts";

// Weight files: safetensors and PyTorch.
export { readWeightFile } from "./checkpoint/read_weight_file.ts";
export {
  type ByteSource,
  type ChooseDictionary,
  memoryBytes,
  type WeightFile,
  type WeightTensor,
} from "./checkpoint/weight_file.ts";
export {
  type ElementType,
  floatBytes,
  floatValues,
  integerValues,
  readSafetensors,
  type Safetensors,
  safetensorsHead,
  type StoredTensor,
  storedTensor,
  type TensorEntry,
  writeSafetensors,
} from "./checkpoint/safetensors.ts";
export { safetensorsFile } from "./checkpoint/lazy_safetensors.ts";
export { pytorchFile } from "./checkpoint/pytorch/pytorch_file.ts";
export { type ZipEntry, zipParts } from "./checkpoint/pytorch/zip_parts.ts";
export { readShardedIndex } from "./checkpoint/sharded_index.ts";
export { jsonInside } from "./checkpoint/json_inside.ts";
export { countNotFinite } from "./checkpoint/not_finite.ts";
export { type WatchedTensors, watchValues } from "./checkpoint/watch_values.ts";
export { printable } from "./checkpoint/refuse.ts";
