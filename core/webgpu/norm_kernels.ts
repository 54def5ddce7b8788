import * as tf from "@tensorflow/tfjs-core";
import { checkShape } from "../ops/check_shape.ts";
import type { NormKernels } from "../ops/kernels/norm_kernels.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import { FLOAT_STORAGE, type ResultStorage } from "./loss_scale.ts";
import {
  layerNormGradientShader,
  type NormGradientVariant,
} from "./norm/layer_norm_gradient_shader.ts";
import { layerNormShader } from "./norm/layer_norm_shader.ts";
import { type RowLayout, rowLayout } from "./norm/row_code.ts";
import { slabSumGroups, sumSlabsShader } from "./norm/sum_slabs_shader.ts";
import { flatGrid, type Shader } from "./shader.ts";
import type { ValueType } from "./value_type.ts";

/** Maximum number of slabs: enough to fill a large GPU, few enough to be summed quickly. */
const MAX_SLABS = 1024;

/** Minimum rows per slab, since each slab writes two rows of sums. */
const LEAST_SLAB_ROWS = 4;

/** The shaders for rows of one width. */
interface Shaders {
  readonly layout: RowLayout;
  readonly forward: Shader;
  readonly sumSlabs: Shader;
  /** Created on demand. */
  readonly gradients: Map<string, Shader>;
}

function shadersFor(width: number, stored: ValueType): Shaders {
  const layout = rowLayout(width);
  return {
    layout,
    forward: layerNormShader(layout, stored),
    sumSlabs: sumSlabsShader(layout),
    gradients: new Map(),
  };
}

function gradientShader({ gradients, layout }: Shaders, rest: Omit<NormGradientVariant, "layout">) {
  const { hasResidual, stored, factorPlace } = rest;
  const key = `${hasResidual} ${stored} ${factorPlace}`;
  let shader = gradients.get(key);
  if (!shader) gradients.set(key, shader = layerNormGradientShader({ layout, ...rest }));
  return shader;
}

/**
 * {@linkcode NormKernels} on the GPU: one dispatch forward and two backward. The saved mean is rounded, so
 * the backward pass recomputes the correction.
 */
export function normKernels(
  queue: GpuQueue,
  { type, lossScale }: ResultStorage = FLOAT_STORAGE,
): NormKernels {
  const known = new Map<number, Shaders>();

  function shadersOf(width: number): Shaders {
    let shaders = known.get(width);
    if (!shaders) known.set(width, shaders = shadersFor(width, type));
    return shaders;
  }

  return {
    layerNorm(x, scale, offset, epsilon) {
      const [rows, width] = x.shape;
      checkShape("scale", scale, [width]);
      checkShape("offset", offset, [width]);
      const { layout, forward } = shadersOf(width);
      const y = queue.tensor<tf.Tensor2D>([rows, width], type);
      const statistics = queue.tensor<tf.Tensor2D>([rows, 2]);
      const grid = flatGrid(Math.ceil(rows / layout.rows));
      queue.run(forward, [x, scale, offset, y, statistics], [rows, epsilon], grid);
      return { y, statistics };
    },

    layerNormGradients(x, scale, statistics, dy, residual) {
      const [rows, width] = x.shape;
      checkShape("scale", scale, [width]);
      checkShape("statistics", statistics, [rows, 2]);
      checkShape("dy", dy, [rows, width]);
      if (residual) checkShape("residual", residual, [rows, width]);
      const dx = queue.tensor<tf.Tensor2D>([rows, width]);
      if (rows === 0) return { dx, dScale: tf.zeros([width]), dOffset: tf.zeros([width]) };
      const shaders = shadersOf(width);
      const { layout, sumSlabs } = shaders;
      const stored = queue.typeOf(dy);
      const factor = lossScale?.between(stored, "f32") ?? null;
      const slabRows = Math.max(LEAST_SLAB_ROWS, Math.ceil(rows / MAX_SLABS));
      const slabs = Math.ceil(rows / slabRows);
      const partials = queue.tensor<tf.Tensor3D>([slabs, 2, width]);
      queue.run(
        gradientShader(shaders, {
          hasResidual: Boolean(residual),
          stored,
          factorPlace: factor?.place ?? null,
        }),
        [
          x,
          scale,
          statistics,
          dy,
          ...(residual ? [residual] : []),
          ...(factor ? [factor.numbers] : []),
          dx,
          partials,
        ],
        [rows, slabs, slabRows],
        flatGrid(Math.ceil(slabs / layout.rows)),
      );
      const dScale = queue.tensor<tf.Tensor1D>([width]);
      const dOffset = queue.tensor<tf.Tensor1D>([width]);
      const groups = flatGrid(slabSumGroups(layout));
      queue.run(sumSlabs, [partials, dScale, dOffset], [slabs], groups);
      partials.dispose();
      return { dx, dScale, dOffset };
    },
  };
}
