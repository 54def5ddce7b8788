import type { Initializer, ParameterSpec } from "@videoms/core";

/**
 * The tensors of a patch embedding: a dense layer on the P values of a token, initialised like the equivalent
 * convolution in PyTorch, uniform in ±1/√P.
 */
export function patchEmbeddingSpecs(
  prefix: string,
  valuesPerToken: number,
  width: number,
): ParameterSpec[] {
  const initializer: Initializer = { kind: "uniform", bound: 1 / Math.sqrt(valuesPerToken) };
  return [
    { name: `${prefix}.weight`, shape: [valuesPerToken, width], initializer },
    { name: `${prefix}.bias`, shape: [width], initializer },
  ];
}
