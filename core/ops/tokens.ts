import { concat, sum, type Tensor1D, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { activeKernels } from "./active_kernels.ts";
import { differentiable } from "./differentiable.ts";

/**
 * Gathers tokens by index, sample by sample.
 *
 * @param x [B, N, D]
 * @param index int32 [B, K], distinct within a sample
 * @returns [B, K, D]
 */
export function gatherTokens(x: Tensor3D, index: Tensor2D): Tensor3D {
  const tokens = x.shape[1];
  return differentiable<Tensor3D>(
    [x],
    () => ({ value: activeKernels().gatherRows(x, index), saved: [index] }),
    (dy, [index]) => [activeKernels().scatterRows(dy, index as Tensor2D, tokens)],
  );
}

/** Tokens `from` … N − 1 of each sample: x [B, N, D] gives [B, N − from, D]. */
export function tokensFrom(x: Tensor3D, from: number): Tensor3D {
  return differentiable<Tensor3D>(
    [x],
    () => ({ value: activeKernels().tokensFrom(x, from), saved: [] }),
    (dy) => [activeKernels().tokensFromGradient(dy, from)],
  );
}

/** Gradient [N, D] of the rows of a table that were added to the tokens at `index` of each sample. */
function tableGradient(dy: Tensor3D, index: Tensor2D, rows: number): Tensor2D {
  return sum(activeKernels().scatterRows(dy, index, rows), 0);
}

/**
 * Adds a table row to each token by index.
 *
 * @param x [B, K, D]
 * @param table [N, D]
 * @param index int32 [B, K], distinct within a sample
 * @param learns whether the table gets a gradient too
 */
export function addRows(x: Tensor3D, table: Tensor2D, index: Tensor2D, learns = false): Tensor3D {
  const [rows] = table.shape;
  return differentiable<Tensor3D>(
    [x, ...learns ? [table] : []],
    () => ({ value: activeKernels().addRows(x, table, index), saved: learns ? [index] : [] }),
    (dy, [index]) => [
      dy.clone(),
      ...learns ? [tableGradient(dy, index as Tensor2D, rows)] : [],
    ],
  );
}

/**
 * The decoder's input: known tokens plus their table rows, then the mask token plus each target's table row.
 *
 * @param known [B, K, D]
 * @param token [D]
 * @param table [N, D]
 * @param visible int32 [B, K], the positions of the known tokens
 * @param target int32 [B, M], others
 * @param learns whether the table gets a gradient too
 */
export function decoderTokens(
  known: Tensor3D,
  token: Tensor1D,
  table: Tensor2D,
  visible: Tensor2D,
  target: Tensor2D,
  learns = false,
): Tensor3D {
  const count = visible.shape[1];
  const [rows] = table.shape;
  return differentiable<Tensor3D>(
    [known, token, ...learns ? [table] : []],
    () => ({
      value: activeKernels().decoderTokens(known, token, table, visible, target),
      saved: learns ? [concat([visible, target], 1)] : [],
    }),
    (dy, [index]) => {
      const { dKnown, dToken } = activeKernels().decoderTokensGradients(dy, count);
      return [dKnown, dToken, ...learns ? [tableGradient(dy, index as Tensor2D, rows)] : []];
    },
  );
}
