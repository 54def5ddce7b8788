import { type Canvas, canvasOf } from "./canvas.ts";

/** What becomes of a token in pre-training. */
export const TokenState = {
  /** In neither the encoder nor the loss. */
  dropped: 0,
  /** Seen by the encoder. */
  visible: 1,
  /** Reconstructed by the decoder. */
  target: 2,
} as const;

/** Colour and strength of a state; visible tokens stay as they are. */
const TINTS = {
  [TokenState.dropped]: { colour: [24, 24, 28], strength: 0.82 },
  [TokenState.target]: { colour: [235, 120, 20], strength: 0.6 },
} as const;

/**
 * The state of every token of a clip.
 *
 * @param tokens tokens of the clip, N
 * @param visible indices of the visible tokens
 * @param target indices of the target tokens
 * @returns [N], values of {@linkcode TokenState}
 */
export function tokenStates(
  tokens: number,
  visible: ArrayLike<number>,
  target: ArrayLike<number>,
): Uint8Array {
  const states = new Uint8Array(tokens);
  for (let i = 0; i < visible.length; i++) states[visible[i]] = TokenState.visible;
  for (let i = 0; i < target.length; i++) states[target[i]] = TokenState.target;
  return states;
}

/**
 * A frame that shows what becomes of its tokens: visible ones as they are, targets in orange, dropped ones
 * dark, all with a thin edge.
 *
 * @param states [rows, columns] of the tokens of the frame, values of {@linkcode TokenState}
 * @param patchSize side of a token in pixels
 * @throws {RangeError} if the patches do not cover the frame
 */
export function tokenOverlay(frame: Canvas, states: ArrayLike<number>, patchSize: number): Canvas {
  const columns = frame.width / patchSize;
  if (columns * (frame.height / patchSize) !== states.length) {
    throw new RangeError(
      `Cannot build a token overlay: ${frame.width} × ${frame.height} pixels must be covered by patches of ` +
        `${patchSize}, got ${states.length} tokens`,
    );
  }
  const overlay = canvasOf(frame.data, frame.width, frame.height);
  for (let y = 0; y < frame.height; y++) {
    for (let x = 0; x < frame.width; x++) {
      const state = states[Math.floor(y / patchSize) * columns + Math.floor(x / patchSize)];
      const pixel = (y * frame.width + x) * 3;
      const atEdge = x % patchSize === 0 || y % patchSize === 0;
      const tint = state === TokenState.visible ? null : TINTS[state as keyof typeof TINTS];
      for (let channel = 0; channel < 3; channel++) {
        let value = overlay.data[pixel + channel];
        if (tint) value += (tint.colour[channel] - value) * tint.strength;
        overlay.data[pixel + channel] = atEdge ? value * 0.7 : value;
      }
    }
  }
  return overlay;
}
