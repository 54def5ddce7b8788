import { decayMatrices, type ParameterRule, type ParameterSpec } from "@videoms/core";

/**
 * Layer-wise learning rate decay (Clark et al.: arXiv 2003.10555): patch embedding, positions and further tokens are layer 0, block i is
 * layer i + 1, everything after the blocks is layer depth + 1, and the learning rate of layer k is multiplied
 * by `decay^(depth + 1 − k)`. Vectors get no weight decay.
 *
 * @param depth blocks of the encoder
 * @param decay factor from one layer to the one before; 1 for none
 */
export function layerDecay(depth: number, decay: number): (spec: ParameterSpec) => ParameterRule {
  return (spec) => {
    const block = /^encoder\.blocks\.(\d+)\./.exec(spec.name);
    const layer = block
      ? Number(block[1]) + 1
      : /^encoder\.(patchEmbedding\.|positions\.|classToken$|registers$)/.test(spec.name)
      ? 0
      : depth + 1;
    return { ...decayMatrices(spec), rateScale: decay ** (depth + 1 - layer) };
  };
}
