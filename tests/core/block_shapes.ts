import type { BlockTensors } from "@videoms/core";

/** Sizes of a block and of what goes through it. */
export interface BlockSizes {
  readonly samples: number;
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
}

/** The shapes of a block's tensors. */
export function shapesOf(
  { width: D, hidden: H }: BlockSizes,
): Record<keyof BlockTensors, number[]> {
  return {
    attentionNormWeight: [D],
    attentionNormBias: [D],
    queryBias: [D],
    valueBias: [D],
    qkvWeight: [D, 3 * D],
    outputWeight: [D, D],
    outputBias: [D],
    mlpNormWeight: [D],
    mlpNormBias: [D],
    expandWeight: [D, H],
    expandBias: [H],
    contractWeight: [H, D],
    contractBias: [D],
  };
}
