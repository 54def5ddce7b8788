import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";

/** Gathering, scattering and placing of tokens. */
export interface TokenKernels {
  /** Rows of each sample: x [B, N, D], index int32 [B, K] gives [B, K, D]. */
  gatherRows(x: Tensor3D, index: Tensor2D): Tensor3D;
  /**
   * The transpose of {@linkcode TokenKernels.gatherRows}: [B, N, D], zero except for the rows at `index`. The
   * indices of a sample are distinct.
   */
  scatterRows(x: Tensor3D, index: Tensor2D, rows: number): Tensor3D;
  /** `x + table[index]`: x [B, K, D], table [N, D], index int32 [B, K]. */
  addRows(x: Tensor3D, table: Tensor2D, index: Tensor2D): Tensor3D;
  /**
   * The decoder's input: `known + table[visible]`, then `token + table[target]`.
   *
   * @param known [B, K, D]
   * @param token [D], the mask token
   * @param table [N, D]
   * @param visible int32 [B, K]
   * @param target int32 [B, M]
   * @returns [B, K + M, D]
   */
  decoderTokens(
    known: Tensor3D,
    token: Tensor1D,
    table: Tensor2D,
    visible: Tensor2D,
    target: Tensor2D,
  ): Tensor3D;
  /** Gradients of {@linkcode TokenKernels.decoderTokens} from dy [B, K + M, D]. */
  decoderTokensGradients(dy: Tensor3D, known: number): { dKnown: Tensor3D; dToken: Tensor1D };
  /** Tokens `from` … N − 1 of each sample: x [B, N, D] gives [B, N − from, D]. */
  tokensFrom(x: Tensor3D, from: number): Tensor3D;
  /** Gradient of {@linkcode TokenKernels.tokensFrom}: zeros, then dy. */
  tokensFromGradient(dy: Tensor3D, from: number): Tensor3D;
}
