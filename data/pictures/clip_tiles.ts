import { type ClipGeometry, type TokenGrid, tokenGrid } from "@videoms/core/plain";
import { type Canvas, canvasOf, enlarge } from "./canvas.ts";
import { heatMap } from "./heat_map.ts";
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
  readonly size: number;
  /** Tokens of the clip. */
  readonly tokenCount: number;
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
    this.tokenCount = this.#grid.tokens;
    this.firsts = Array.from({ length: this.#grid.tubelets }, (_, t) => t * tubeletSize);
  }

  #pixelsOf(frame: number): Canvas {
    const { imageSize } = this.#geometry;
    const bytes = imageSize ** 2 * 3;
    const own = this.#pixels.subarray(frame * bytes, (frame + 1) * bytes);
    return canvasOf(own, imageSize, imageSize);
  }

  /** The values of the tokens of a frame's tubelet, of those of the clip. */
  #ofTubelet<T extends Uint8Array | Float32Array>(values: T, frame: number): T {
    const { perTubelet } = this.#grid;
    const start = Math.floor(frame / this.#geometry.tubeletSize) * perTubelet;
    return values.subarray(start, start + perTubelet) as T;
  }

  #states({ visible, target = [] }: ChosenTokens, frame: number): Uint8Array {
    return this.#ofTubelet(tokenStates(this.#grid.tokens, visible, target), frame);
  }

  #overlaid(canvas: Canvas, states: ArrayLike<number>, patchSize = this.#geometry.patchSize) {
    return enlarge(tokenOverlay(canvas, states, patchSize), this.#factor);
  }

  frame(frame: number): Canvas {
    return enlarge(this.#pixelsOf(frame), this.#factor);
  }

  /** A frame with an edge, dark unless a frame selector kept it. */
  candidate(frame: number, isKept: boolean): Canvas {
    const state = isKept ? TokenState.visible : TokenState.dropped;
    return this.#overlaid(this.#pixelsOf(frame), [state], this.#geometry.imageSize);
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
    return this.#overlaid(this.#pixelsOf(frame), this.#states(chosen, frame));
  }

  /** A frame whose target tokens have other pixels, [M, P] in [0, 1], and whose dropped ones are dark. */
  reconstruction(frame: number, chosen: ChosenTokens, values: Float32Array): Canvas {
    const canvas = this.#pixelsOf(frame);
    this.#paint(canvas, frame, chosen.target ?? [], values);
    const seen = this.#states(chosen, frame).map((state) =>
      state === TokenState.dropped ? TokenState.dropped : TokenState.visible
    );
    return this.#overlaid(canvas, seen);
  }

  /** Puts pixels of tokens, [M, P], where they belong in a frame. */
  #paint(
    { width, data }: Canvas,
    frame: number,
    tokens: ArrayLike<number>,
    values: Float32Array,
  ): void {
    const { tubeletSize, patchSize } = this.#geometry;
    const { perTubelet, columns } = this.#grid;
    const perToken = values.length / tokens.length;
    const perLine = patchSize * 3;
    for (let m = 0; m < tokens.length; m++) {
      const token = tokens[m];
      if (Math.floor(token / perTubelet) !== Math.floor(frame / tubeletSize)) continue;
      const top = Math.floor(token % perTubelet / columns) * patchSize;
      const left = token % columns * patchSize;
      const from = m * perToken + frame % tubeletSize * patchSize * perLine;
      for (let i = 0; i < patchSize * perLine; i++) {
        const at = ((top + Math.floor(i / perLine)) * width + left) * 3 + i % perLine;
        data[at] = Math.round(255 * Math.min(1, Math.max(0, values[from + i])));
      }
    }
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

/** A sheet of rows that {@linkcode ClipTiles} drew, its columns named by numbers of frames. */
export function clipSheet(
  rows: readonly PictureRow[],
  title: string,
  numbers: ArrayLike<number>,
): Canvas {
  return pictureGrid(rows, title, Array.from(numbers, (frame) => `frame ${frame}`));
}
