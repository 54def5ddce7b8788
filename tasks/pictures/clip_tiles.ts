import { type ClipGeometry, type TokenGrid, tokenGrid } from "@videoms/core";
import { type Canvas, canvasOf, enlarge } from "./canvas.ts";
import { heatMap } from "./heat_map.ts";
import { dimDropped, paintTokens } from "./paint_tokens.ts";
import { pictureGrid, type PictureRow } from "./picture_grid.ts";
import { tokenOverlay, TokenState, tokenStates } from "./token_overlay.ts";

/** Frames below this size are enlarged, so that their tokens can be told apart. */
const LEAST_TILE = 96;

/** Tokens of a clip that the encoder sees, and those that are reconstructed; the rest is dropped. */
export interface ChosenTokens {
  readonly visible: ArrayLike<number>;
  /** @default none */
  readonly target?: ArrayLike<number>;
}

/** Draws a clip and its tokens frame by frame; sheets and films are made of these tiles. */
export class ClipTiles {
  /** Side of a tile in pixels. */
  readonly size: number;
  /** The first frame of each tubelet, which sheets show. */
  readonly firsts: readonly number[];
  readonly #pixels: Uint8Array;
  readonly #geometry: ClipGeometry;
  readonly #grid: TokenGrid;
  readonly #factor: number;

  /** @param pixels u8, row-major [F, H, W, 3] */
  constructor(pixels: Uint8Array, geometry: ClipGeometry) {
    const { imageSize, tubeletSize } = geometry;
    this.#pixels = pixels;
    this.#geometry = geometry;
    this.#grid = tokenGrid(geometry);
    this.#factor = Math.max(1, Math.ceil(LEAST_TILE / imageSize));
    this.size = imageSize * this.#factor;
    this.firsts = Array.from({ length: this.#grid.tubelets }, (_, t) => t * tubeletSize);
  }

  #frame(frame: number): Canvas {
    const { imageSize } = this.#geometry;
    const bytes = imageSize ** 2 * 3;
    const own = this.#pixels.subarray(frame * bytes, (frame + 1) * bytes);
    return canvasOf(own, imageSize, imageSize);
  }

  #ofTubelet<T extends Uint8Array | Float32Array>(values: T, frame: number): T {
    const { perTubelet } = this.#grid;
    const start = Math.floor(frame / this.#geometry.tubeletSize) * perTubelet;
    return values.subarray(start, start + perTubelet) as T;
  }

  #states({ visible, target = [] }: ChosenTokens, frame: number): Uint8Array {
    return this.#ofTubelet(tokenStates(this.#grid.tokens, visible, target), frame);
  }

  /** A frame as it is. */
  frame(frame: number): Canvas {
    return enlarge(this.#frame(frame), this.#factor);
  }

  /** A frame with an edge, dark unless a frame selector kept it. */
  candidate(frame: number, isKept: boolean): Canvas {
    const state = isKept ? TokenState.visible : TokenState.dropped;
    const { imageSize } = this.#geometry;
    return enlarge(tokenOverlay(this.#frame(frame), [state], imageSize), this.#factor);
  }

  /** The importance [N] of a clip's tokens, on one scale for the clip. */
  importance(frame: number, importance: Float32Array): Canvas {
    const { rows, columns } = this.#grid;
    const to = importance.reduce((a, b) => Math.max(a, b), 0);
    const scale = { from: 0, to, cell: this.#geometry.patchSize * this.#factor };
    return heatMap(this.#ofTubelet(importance, frame), rows, columns, scale);
  }

  /** A frame and what becomes of its tokens: visible ones as they are, targets orange, dropped ones dark. */
  tokens(frame: number, chosen: ChosenTokens): Canvas {
    const { patchSize } = this.#geometry;
    return enlarge(
      tokenOverlay(this.#frame(frame), this.#states(chosen, frame), patchSize),
      this.#factor,
    );
  }

  /**
   * A frame whose target tokens are reconstructed and whose dropped ones are dark.
   *
   * @param values pixels in [0, 1] of the target tokens, [M, P]
   */
  reconstruction(frame: number, chosen: ChosenTokens, values: Float32Array): Canvas {
    const { tubeletSize, patchSize } = this.#geometry;
    const place = {
      tubelet: Math.floor(frame / tubeletSize),
      frame: frame % tubeletSize,
      grid: this.#grid,
      patchSize,
    };
    const tokens = { tokens: chosen.target ?? [], values };
    const painted = paintTokens(this.#frame(frame), tokens, place);
    return enlarge(dimDropped(painted, this.#states(chosen, frame), patchSize), this.#factor);
  }

  /** A row of a sheet: a tile for the first frame of each tubelet. */
  row(label: PictureRow["label"], draw: (frame: number) => Canvas): PictureRow {
    return { label, tiles: this.firsts.map(draw) };
  }

  /** The rows of a sheet that show the clip, and the importance of its tokens if there is any. */
  rows(importance: Float32Array | null, label: PictureRow["label"] = "importance"): PictureRow[] {
    const frames = this.row("frames", (frame) => this.frame(frame));
    if (!importance) return [frames];
    return [frames, this.row(label, (frame) => this.importance(frame, importance))];
  }
}

/**
 * A sheet of rows that {@linkcode ClipTiles} drew.
 *
 * @param numbers what the frames of its columns are called
 */
export function clipSheet(
  rows: readonly PictureRow[],
  title: string,
  numbers: ArrayLike<number>,
): Canvas {
  return pictureGrid(rows, {
    title,
    columnLabels: Array.from(numbers, (frame) => `frame ${frame}`),
  });
}
