/**
 * The kernels on Dawn: those that differ most between WebGPUs, by subgroups and atomics. Its products and attention
 * are tested by the golden cases; all sizes of them would take minutes, since the driver compiles their
 * unrolled code slowly.
 */
import "./use_dawn.ts";
import "../core/reduce_code_test.ts";
import "../core/webgpu_norm_test.ts";
import "../core/webgpu_selection_test.ts";
import "../core/webgpu_tokens_test.ts";
import "../core/webgpu_patches_test.ts";
