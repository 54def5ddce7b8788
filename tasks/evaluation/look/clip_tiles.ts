import type { TokenGrid } from "@videoms/core";
import { type Canvas, canvasOf, enlarge } from "../../pictures/canvas.ts";
import { heatMap } from "../../pictures/heat_map.ts";
import { dimDropped, paintTokens } from "../../pictures/paint_tokens.ts";
import { tokenOverlay, TokenState, tokenStates } from "../../pictures/token_overlay.ts";
import type { LookedClip, LookedStrategy } from "./look_at_clip.ts";
import type { LookSource } from "./look_source.ts";

/** Frames below this size are enlarged, so that their tokens can be told apart. */
const LEAST_TILE = 96;

/** Draws parts of a clip frame by frame; sheets and films are made of its tiles. */
export class ClipTiles {
  readonly #clip: LookedClip;
  readonly #grid: TokenGrid;
  readonly #patchSize: number;
  readonly #tubeletSize: number;
  readonly #imageSize: number;
  readonly #factor: number;
  readonly #largest: number;

  /** Prepares the tiles of a clip. */
  constructor(clip: LookedClip, { model }: LookSource) {
    const { patchSize, tubeletSize, imageSize } = model.options.geometry;
    this.#clip = clip;
    this.#grid = model.grid;
    this.#patchSize = patchSize;
    this.#tubeletSize = tubeletSize;
    this.#imageSize = imageSize;
    this.#factor = Math.max(1, Math.ceil(LEAST_TILE / imageSize));
    this.#largest = clip.importance?.reduce((a, b) => Math.max(a, b), 0) ?? 0;
  }

  /** Side of a tile in pixels. */
  get size(): number {
    return this.#imageSize * this.#factor;
  }

  #frameOf(pixels: Uint8Array, frame: number): Canvas {
    const bytes = this.#imageSize ** 2 * 3;
    const own = pixels.subarray(frame * bytes, (frame + 1) * bytes);
    return canvasOf(own, this.#imageSize, this.#imageSize);
  }

  #ofTubelet<T extends Uint8Array | Float32Array>(values: T, frame: number): T {
    const t = Math.floor(frame / this.#tubeletSize);
    return values.subarray(t * this.#grid.perTubelet, (t + 1) * this.#grid.perTubelet) as T;
  }

  /** A frame as it is. */
  frame(frame: number): Canvas {
    return enlarge(this.#frameOf(this.#clip.pixels, frame), this.#factor);
  }

  /** A frame that was decoded, dark if the frame selector left it. */
  candidate(frame: number): Canvas {
    const { candidatePixels, candidates, frames } = this.#clip;
    const state = frames.includes(candidates[frame]) ? TokenState.visible : TokenState.dropped;
    const own = this.#frameOf(candidatePixels, frame);
    return enlarge(tokenOverlay(own, [state], this.#imageSize), this.#factor);
  }

  /** The importance of a frame's tokens, on one scale for the clip. */
  importance(frame: number, importance: Float32Array): Canvas {
    const { rows, columns } = this.#grid;
    const scale = { from: 0, to: this.#largest, cell: this.#patchSize * this.#factor };
    return heatMap(this.#ofTubelet(importance, frame), rows, columns, scale);
  }

  /** A frame and what becomes of its tokens. */
  tokens(frame: number, visible: Int32Array, target: ArrayLike<number> = []): Canvas {
    const states = this.#ofTubelet(tokenStates(this.#grid.tokens, visible, target), frame);
    const own = this.#frameOf(this.#clip.pixels, frame);
    return enlarge(tokenOverlay(own, states, this.#patchSize), this.#factor);
  }

  /** A frame whose target tokens are reconstructed and whose dropped ones are dark. */
  reconstruction(frame: number, { draws }: LookedStrategy, values: Float32Array): Canvas {
    const [{ visible, target }] = draws;
    const states = this.#ofTubelet(tokenStates(this.#grid.tokens, visible, target), frame);
    const painted = paintTokens(this.#frameOf(this.#clip.pixels, frame), {
      tokens: target,
      values,
    }, {
      tubelet: Math.floor(frame / this.#tubeletSize),
      frame: frame % this.#tubeletSize,
      grid: this.#grid,
      patchSize: this.#patchSize,
    });
    return enlarge(dimDropped(painted, states, this.#patchSize), this.#factor);
  }
}
