/**
 * Foundations of VideoMS: the token grid, random streams, plugins, devices, tensor operations with
 * hand-written gradients, parameters, optimisation and checkpoint bytes.
 *
 * @module
 */

export { jsonInside } from "./checkpoint/json_inside.ts";
export { safetensorsFile } from "./checkpoint/lazy_safetensors.ts";
export * from "./checkpoint/not_finite.ts";
export { pytorchFile } from "./checkpoint/pytorch/pytorch_file.ts";
export * from "./checkpoint/read_weight_file.ts";
export { printable } from "./checkpoint/refuse.ts";
export * from "./checkpoint/safetensors.ts";
export * from "./checkpoint/sharded_index.ts";
export { type WatchedTensors, watchValues } from "./checkpoint/watch_values.ts";
export * from "./checkpoint/weight_file.ts";
export * from "./cpu/blas.ts";
export * from "./cpu/wasm_engine.ts";
export * from "./device/open_device.ts";
export * from "./device/webgpu_device.ts";
export * from "./grid/token_grid.ts";
export * from "./metrics/metric_sums.ts";
export * from "./ops/active_kernels.ts";
export * from "./ops/byte_table.ts";
export * from "./ops/differentiable.ts";
export * from "./ops/gelu.ts";
export { hostRows } from "./ops/host_rows.ts";
export * from "./ops/kernels/attention_kernels.ts";
export * from "./ops/kernels/dense_kernels.ts";
export * from "./ops/kernels/kernels.ts";
export * from "./ops/kernels/norm_kernels.ts";
export * from "./ops/kernels/patch_kernels.ts";
export * from "./ops/kernels/selection_kernels.ts";
export * from "./ops/kernels/token_kernels.ts";
export * from "./ops/layer_norm.ts";
export * from "./ops/linear.ts";
export * from "./ops/losses.ts";
export * from "./ops/patches.ts";
export * from "./ops/plain/plain_kernels.ts";
export * from "./ops/recompute.ts";
export * from "./ops/select_tokens.ts";
export * from "./ops/self_attention.ts";
export * from "./ops/tidy.ts";
export * from "./ops/tokens.ts";
export * from "./ops/transformer_block.ts";
export * from "./optimizer/adamw.ts";
export * from "./optimizer/adamw_kernel.ts";
export * from "./optimizer/adamw_step.ts";
export * from "./optimizer/gradients.ts";
export * from "./optimizer/parameter_rule.ts";
export * from "./optimizer/schedule.ts";
export * from "./optimizer/tensor_adamw.ts";
export * from "./optimizer/weight_average.ts";
export * from "./parameters/initializer.ts";
export * from "./parameters/parameters.ts";
export * from "./plugin/plugin.ts";
export * from "./plugin/registry.ts";
export * from "./random/random_stream.ts";
export * from "./text/nearest.ts";
export * from "./webgpu/arena.ts";
export { GemmTuning, gemmTuning } from "./webgpu/autotune/gemm_tuning.ts";
export type { TuningRecord } from "./webgpu/autotune/tuning_record.ts";
export type { GemmTile } from "./webgpu/gemm/gemm_tile.ts";
export type { GemmForm } from "./webgpu/gemm/gemm_variant.ts";
export type { GemmProduct, GemmSizes } from "./webgpu/gemm/run_gemm.ts";
export * from "./webgpu/gpu_adamw.ts";
export * from "./webgpu/gpu_memory.ts";
export * from "./webgpu/gpu_queue.ts";
export type { GradientFactor, LossScale } from "./webgpu/loss_scale.ts";
export * from "./webgpu/shader.ts";
export type { ValueType } from "./webgpu/value_type.ts";
