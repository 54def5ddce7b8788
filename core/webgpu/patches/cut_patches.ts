import type * as tf from "@tensorflow/tfjs-core";
import { type ClipGeometry, tokenGrid, valuesPerToken } from "../../grid/token_grid.ts";
import type { PixelScale } from "../../ops/kernels/patch_kernels.ts";
import type { GpuQueue } from "../gpu_queue.ts";
import { computeRows, type RowOperation } from "../row_shader.ts";

/** Reads four values starting at byte `at`, which is word-aligned, or one value. */
const READ_WORD = `
  let bytes = (vec4<u32>(words[at / 4u]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u);`;
const READ_BYTE = "  let bytes = (words[at / 4u] >> (at % 4u * 8u)) & 255u;";

/** WGSL: per-channel constants for a vector that starts with `channel`. */
function byChannel([r, g, b]: readonly number[], isVector: boolean): string {
  const value = (...channels: number[]) =>
    isVector ? `vec4<f32>(${channels.join(", ")})` : `f32(${channels[0]})`;
  return `select(select(${value(b, r, g, b)}, ${value(g, b, r, g)}, channel == 1u), ` +
    `${value(r, g, b, r)}, channel == 0u)`;
}

function cutting(
  geometry: ClipGeometry,
  { mean, std }: PixelScale,
  isVector: boolean,
  isIndexed: boolean,
): RowOperation {
  const { frames, tubeletSize, imageSize, patchSize } = geometry;
  const { perTubelet, columns } = tokenGrid(geometry);
  const line = 3 * patchSize;
  return {
    key: ["patches", frames, tubeletSize, imageSize, patchSize, mean, std, isIndexed].join(),
    inputs: [["words", "numbers"], ...(isIndexed ? [["index", "numbers"] as const] : [])],
    uniforms: [],
    code: `
  let token = ${isIndexed ? "index[row]" : "place"};
  let value = column * ${isVector ? 4 : 1}u;
  let line = value / ${line}u;
  let frame = (sample * ${frames / tubeletSize}u + token / ${perTubelet}u) * ${tubeletSize}u
    + line / ${patchSize}u;
  let y = token % ${perTubelet}u / ${columns}u * ${patchSize}u + line % ${patchSize}u;
  let x = token % ${columns}u * ${patchSize}u;
  let at = ((frame * ${imageSize}u + y) * ${imageSize}u + x) * 3u + value % ${line}u;
${isVector ? READ_WORD : READ_BYTE}
  let channel = value % 3u;
  let mean = ${byChannel(mean, isVector)};
  let deviation = ${byChannel(std, isVector)};
  return (Vector(bytes) / 255.0 - mean) / deviation;`,
  };
}

/**
 * {@linkcode PatchKernels.patches} of packed pixels in one dispatch, for the tokens of an index or all.
 *
 * @param shape B and the tokens of each clip
 */
export function cutPatches(
  queue: GpuQueue,
  pixels: tf.Tensor1D,
  shape: readonly [batch: number, tokens: number],
  geometry: ClipGeometry,
  scale: PixelScale,
  index: tf.Tensor2D | null,
): tf.Tensor3D {
  const isVector = geometry.patchSize % 4 === 0; // then every row of a patch consists of whole words
  return computeRows(
    queue,
    cutting(geometry, scale, isVector, index !== null),
    index ? [pixels, index] : [pixels],
    [],
    [...shape, valuesPerToken(geometry)],
    isVector,
  );
}
