import * as tf from "@tensorflow/tfjs-core";
import { checkShape } from "../ops/check_shape.ts";
import type { AttentionKernels } from "../ops/kernels/attention_kernels.ts";
import { referenceAttention } from "../ops/reference/reference_attention.ts";
import { isSlowCompiler } from "./adapter_summary.ts";
import {
  ATTENTION_TILES,
  type AttentionTile,
  chooseTile,
  type KernelLayout,
} from "./attention/attention_tile.ts";
import { BIAS_THREADS, packBiasesShader, unpackBiasesShader } from "./attention/bias_shaders.ts";
import { forwardShader } from "./attention/forward_shader.ts";
import { keyValueGradientShader } from "./attention/key_value_gradient_shader.ts";
import {
  KEY_VALUE_GRADIENT_MEMORY,
  matrixKeyValueGradientShader,
} from "./attention/matrix_key_value_gradient_shader.ts";
import { FORWARD_MEMORY, matrixForwardShader } from "./attention/matrix_forward_shader.ts";
import { matrixLayout, type MatrixMemory } from "./attention/matrix_layout.ts";
import {
  matrixQueryGradientShader,
  QUERY_GRADIENT_MEMORY,
} from "./attention/matrix_query_gradient_shader.ts";
import { queryGradientShader } from "./attention/query_gradient_shader.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import type { MatrixUnit } from "./matrix/matrix_unit.ts";
import { flatGrid, type Shader } from "./shader.ts";
import { storeAs } from "./store_as.ts";
import type { ValueType } from "./value_type.ts";

/** A shader and its layout. */
interface Pass {
  readonly layout: KernelLayout;
  readonly shader: Shader;
}

/** The dispatches of attention for heads of one width. */
interface Passes {
  readonly forward: Pass;
  readonly queries: Pass;
  readonly keysAndValues: Pass;
}

/** The dispatches on a matrix unit, or null if it suits none of them or too little memory is there. */
function matrixPasses(width: number, unit: MatrixUnit, limit: number): Passes | null {
  const layoutOf = (memory: MatrixMemory) => matrixLayout(width, unit, memory, limit);
  const forward = layoutOf(FORWARD_MEMORY);
  const queries = layoutOf(QUERY_GRADIENT_MEMORY);
  const keysAndValues = layoutOf(KEY_VALUE_GRADIENT_MEMORY);
  return forward && queries && keysAndValues && {
    forward: { layout: forward, shader: matrixForwardShader(forward) },
    queries: { layout: queries, shader: matrixQueryGradientShader(queries) },
    keysAndValues: {
      layout: keysAndValues,
      shader: matrixKeyValueGradientShader(keysAndValues),
    },
  };
}

/** The dispatches for heads of a width, or null if no tile fits into workgroup memory. */
function passesFor(
  width: number,
  stored: ValueType,
  limit: number,
  units: readonly MatrixUnit[],
  tiles: readonly AttentionTile[],
): Passes | null {
  if (stored === "f16") {
    for (const unit of units) {
      const passes = matrixPasses(width, unit, limit);
      if (passes) return passes;
    }
  }
  const single = chooseTile(width, limit, 1, tiles);
  const double = chooseTile(width, limit, 2, tiles);
  if (!single || !double) return null;
  return {
    forward: { layout: single, shader: forwardShader(single, stored) },
    queries: { layout: double, shader: queryGradientShader(double, stored) },
    keysAndValues: { layout: double, shader: keyValueGradientShader(double, stored) },
  };
}

/** Sizes of packed queries, keys and values. */
interface Sizes {
  readonly samples: number;
  readonly tokens: number;
  readonly heads: number;
  /** D. */
  readonly width: number;
}

function sizesOf(qkv: tf.Tensor3D, heads: number): Sizes {
  const [samples, tokens, packed] = qkv.shape;
  if (packed % (3 * heads) !== 0) {
    throw new RangeError(
      `Cannot run attention: the packed width must be a multiple of 3 × heads, ` +
        `got ${packed} and ${heads} heads`,
    );
  }
  return { samples, tokens, heads, width: packed / 3 };
}

/** Packs and unpacks biases, a dispatch each. */
function biasKernels(
  queue: GpuQueue,
): Pick<AttentionKernels, "packBiases" | "unpackBiases"> {
  const grid = (width: number) => flatGrid(Math.ceil(width / BIAS_THREADS));
  return {
    packBiases(query, value) {
      const [width] = query.shape;
      checkShape("value", value, [width]);
      const biases = queue.tensor<tf.Tensor1D>([3 * width]);
      queue.run(packBiasesShader, [query, value, biases], [width], grid(width));
      return biases;
    },

    unpackBiases(packed) {
      const width = packed.shape[0] / 3;
      const query = queue.tensor<tf.Tensor1D>([width]);
      const value = queue.tensor<tf.Tensor1D>([width]);
      queue.run(unpackBiasesShader, [packed, query, value], [width], grid(width));
      return { query, value };
    },
  };
}

/**
 * {@linkcode AttentionKernels} on the GPU: one dispatch forward and two backward, on packed rows in place.
 * `saved` is one number per query and head, [B·heads, N]. Heads too wide for workgroup memory (more than some
 * 300 values with 32 KiB) use stock operations. Results are stored like `qkv`, as `dy` must be.
 *
 * @param workgroupMemory bytes that a workgroup may use
 * @param units that compute products of values in half precision; by default the device's, but none of a
 * software driver, which takes minutes to compile such code
 */
export function attentionKernels(
  queue: GpuQueue,
  workgroupMemory: number = queue.device.limits.maxComputeWorkgroupStorageSize,
  units: readonly MatrixUnit[] = queue.adapter.software ? [] : queue.matrixUnits,
): AttentionKernels {
  // least code comes last
  const tiles = isSlowCompiler(queue.adapter) ? ATTENTION_TILES.slice(-1) : ATTENTION_TILES;
  const known = { f32: new Map<number, Passes | null>(), f16: new Map<number, Passes | null>() };

  function passesOf({ width, heads }: Sizes, stored: ValueType): Passes | null {
    const headWidth = width / heads;
    let passes = known[stored].get(headWidth);
    if (passes === undefined) {
      passes = passesFor(headWidth, stored, workgroupMemory, units, tiles);
      known[stored].set(headWidth, passes);
    }
    return passes;
  }

  /** Attention of heads that are too wide, in float32. */
  function wideAttention(qkv: tf.Tensor3D, heads: number) {
    const full = storeAs(queue, qkv, "f32");
    const { y, saved } = referenceAttention.attention(full, heads);
    const stored = storeAs(queue, y, queue.typeOf(qkv));
    tf.dispose([full, y]);
    return { y: stored, saved };
  }

  function wideGradient(
    qkv: tf.Tensor3D,
    heads: number,
    y: tf.Tensor3D,
    saved: tf.Tensor,
    dy: tf.Tensor3D,
  ): tf.Tensor3D {
    const full = [qkv, y, dy].map((tensor) => storeAs(queue, tensor, "f32"));
    const [fullQkv, fullY, fullDy] = full;
    const dQkv = referenceAttention.attentionGradient(fullQkv, heads, fullY, saved, fullDy);
    const stored = storeAs(queue, dQkv, queue.typeOf(qkv));
    tf.dispose([...full, dQkv]);
    return stored;
  }

  function run({ layout, shader }: Pass, tensors: tf.Tensor[], sizes: Sizes): void {
    const { samples, tokens, heads } = sizes;
    const grid = flatGrid(Math.ceil(tokens / layout.rows) * samples * heads);
    queue.run(shader, tensors, [samples, tokens, heads], grid);
  }

  return {
    ...biasKernels(queue),

    attention(qkv, heads) {
      const sizes = sizesOf(qkv, heads);
      const stored = queue.typeOf(qkv);
      const passes = passesOf(sizes, stored);
      if (!passes) return wideAttention(qkv, heads);
      const { samples, tokens, width } = sizes;
      const y = queue.tensor<tf.Tensor3D>([samples, tokens, width], stored);
      const saved = queue.tensor<tf.Tensor2D>([samples * heads, tokens]);
      run(passes.forward, [qkv, saved, y], sizes);
      return { y, saved };
    },

    attentionGradient(qkv, heads, y, saved, dy) {
      const sizes = sizesOf(qkv, heads);
      const { samples, tokens, width } = sizes;
      checkShape("y", y, [samples, tokens, width]);
      checkShape("dy", dy, [samples, tokens, width]);
      const stored = queue.typeOf(qkv);
      if ([y, dy].some((tensor) => queue.typeOf(tensor) !== stored)) {
        throw new Error(`Cannot run attention: y and dy must be stored like qkv, as ${stored}`);
      }
      const passes = passesOf(sizes, stored);
      if (!passes) return wideGradient(qkv, heads, y, saved, dy);
      checkShape("saved", saved, [samples * heads, tokens]);
      const dots = queue.tensor<tf.Tensor2D>([samples * heads, tokens]);
      const dQkv = queue.tensor<tf.Tensor3D>(qkv.shape, stored);
      run(passes.queries, [qkv, y, dy, saved, dots, dQkv], sizes);
      run(passes.keysAndValues, [qkv, dy, saved, dots, dQkv], sizes);
      dots.dispose();
      return dQkv;
    },
  };
}
