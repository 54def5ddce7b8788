import type { TokenGrid } from "@videoms/core";
import { type Canvas, canvasOf } from "./canvas.ts";
import { tokenOverlay, TokenState } from "./token_overlay.ts";

/** Pixels of tokens, and where they belong. */
export interface PaintedTokens {
  /** Indices of the tokens, M of them. */
  readonly tokens: ArrayLike<number>;
  /** Pixels in [0, 1], [M, P]. */
  readonly values: ArrayLike<number>;
}

/** Which frame of a clip a canvas shows. */
export interface FramePlace {
  readonly tubelet: number;
  /** Its place in the tubelet. @default 0 */
  readonly frame?: number;
  readonly grid: TokenGrid;
  /** Side of a token in pixels. */
  readonly patchSize: number;
}

/** A copy of a frame in which the given tokens have other pixels. */
export function paintTokens(
  canvas: Canvas,
  { tokens, values }: PaintedTokens,
  { tubelet, frame = 0, grid: { perTubelet, columns }, patchSize }: FramePlace,
): Canvas {
  const painted = canvasOf(canvas.data, canvas.width, canvas.height);
  const perToken = values.length / tokens.length;
  const perLine = patchSize * 3;
  for (let m = 0; m < tokens.length; m++) {
    const token = tokens[m];
    if (Math.floor(token / perTubelet) !== tubelet) continue;
    const top = Math.floor(token % perTubelet / columns) * patchSize;
    const left = token % columns * patchSize;
    const from = m * perToken + frame * patchSize * perLine;
    for (let i = 0; i < patchSize * perLine; i++) {
      const row = top + Math.floor(i / perLine);
      const at = (row * canvas.width + left) * 3 + i % perLine;
      painted.data[at] = Math.round(255 * Math.min(1, Math.max(0, values[from + i])));
    }
  }
  return painted;
}

/**
 * Darkens the tokens that the model neither saw nor reconstructed.
 *
 * @param states [rows, columns] of the tokens of the frame, values of {@linkcode TokenState}
 */
export function dimDropped(frame: Canvas, states: Uint8Array, patchSize: number): Canvas {
  const kept = states.map((state) =>
    state === TokenState.dropped ? TokenState.dropped : TokenState.visible
  );
  return tokenOverlay(frame, kept, patchSize);
}
