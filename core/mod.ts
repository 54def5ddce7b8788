/**
 * Foundations of VideoMS: the token grid, random streams, plugins, devices, tensor operations with
 * hand-written gradients, parameters, optimisation and checkpoint bytes.
 *
 * @module
 */

export * from "./checkpoint/safetensors.ts";
export * from "./cpu/blas.ts";
export * from "./cpu/wasm_engine.ts";
export * from "./device/open_device.ts";
export * from "./device/webgpu_device.ts";
export * from "./grid/token_grid.ts";
export * from "./ops/active_kernels.ts";
export * from "./ops/differentiable.ts";
export * from "./ops/gather_tokens.ts";
export * from "./ops/gelu.ts";
export * from "./ops/kernels.ts";
export * from "./ops/layer_norm.ts";
export * from "./ops/linear.ts";
export * from "./ops/losses.ts";
export * from "./ops/plain_kernels.ts";
export * from "./ops/recompute.ts";
export * from "./ops/self_attention.ts";
export * from "./ops/tidy.ts";
export * from "./optimizer/adamw.ts";
export * from "./optimizer/adamw_kernel.ts";
export * from "./optimizer/adamw_step.ts";
export * from "./optimizer/gradients.ts";
export * from "./optimizer/heap_adamw.ts";
export * from "./optimizer/schedule.ts";
export * from "./optimizer/weight_average.ts";
export * from "./parameters/initializer.ts";
export * from "./parameters/parameters.ts";
export * from "./plugin/plugin.ts";
export * from "./plugin/registry.ts";
export * from "./random/random_stream.ts";
export * from "./text/nearest.ts";
