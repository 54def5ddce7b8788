/** Size of a vision transformer (Dosovitskiy et al.: arXiv 2010.11929). */
export interface TransformerSize {
  /** Width of a token, D. */
  width: number;
  /** Number of blocks. */
  depth: number;
  /** Attention heads of a block; divides the width. */
  heads: number;
}

/** An encoder size with its usual decoder. */
export interface ModelSize extends TransformerSize {
  /** Width of a decoder token. */
  decoderWidth: number;
  /** Attention heads of a decoder block. */
  decoderHeads: number;
}

/**
 * The usual sizes. Small to huge are those of VideoMAE, whose decoder is half as wide as the encoder with as
 * many channels per head.
 */
export const MODEL_SIZES = {
  tiny: { width: 192, depth: 12, heads: 3, decoderWidth: 96, decoderHeads: 3 },
  small: { width: 384, depth: 12, heads: 6, decoderWidth: 192, decoderHeads: 3 },
  base: { width: 768, depth: 12, heads: 12, decoderWidth: 384, decoderHeads: 6 },
  large: { width: 1024, depth: 24, heads: 16, decoderWidth: 512, decoderHeads: 8 },
  huge: { width: 1280, depth: 32, heads: 16, decoderWidth: 640, decoderHeads: 8 },
} as const satisfies Record<string, ModelSize>;

/** Name of a model size. */
export type ModelSizeName = keyof typeof MODEL_SIZES;
