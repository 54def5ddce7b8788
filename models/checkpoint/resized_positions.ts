import { type ClipGeometry, gridOf, type TokenGrid, tokenGrid } from "@videoms/core";

/** The clips of a model, as far as they are known. */
export interface StoredClips {
  /** Side of the square frames in pixels; null if unknown. */
  readonly imageSize: number | null;
  /** Frames of a clip; null if unknown. */
  readonly frames: number | null;
}

/** Grids of square frames that have `tokens` tokens, those with most tubelets first. */
export function storedGrids(tokens: number): TokenGrid[] {
  const grids: TokenGrid[] = [];
  for (let side = 1; side * side <= tokens; side++) {
    if (tokens % (side * side) === 0) grids.push(gridOf(tokens / (side * side), side, side));
  }
  return grids;
}

/**
 * The grid that stored positions are of: that of the model's clips if it is known, otherwise one with the places or
 * the tubelets of the clips in use, otherwise that of an image.
 */
function gridOfStored(
  tokens: number,
  geometry: ClipGeometry,
  { imageSize, frames }: StoredClips,
): TokenGrid | undefined {
  const { tubeletSize, patchSize } = geometry;
  const own = tokenGrid(geometry);
  const grids = storedGrids(tokens);
  const find = (tubelets: number | null, side: number | null) =>
    grids.find((grid) =>
      (tubelets === null || grid.tubelets === tubelets) && (side === null || grid.rows === side)
    );
  const known = [frames && frames / tubeletSize, imageSize && imageSize / patchSize] as const;
  return (known[0] === null && known[1] === null ? undefined : find(...known)) ??
    find(null, own.rows) ?? find(own.tubelets, null) ?? find(1, null);
}

/** Where position `i` of `to` lies between those of `from`: half-pixel centres, as PyTorch's `align_corners=False`. */
function between(i: number, from: number, to: number): readonly [number, number, number] {
  const place = Math.max(0, (i + 0.5) * from / to - 0.5);
  const low = Math.min(from - 1, Math.floor(place));
  return [low, Math.min(from - 1, low + 1), place - low];
}

/**
 * Interpolates one axis linearly.
 *
 * @param values row-major [outer, from, inner]
 * @returns [outer, to, inner]
 */
function resizedAxis(values: Float64Array, from: number, to: number, inner: number): Float64Array {
  if (from === to) return values;
  const outer = values.length / (from * inner);
  const out = new Float64Array(outer * to * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const [low, high, share] = between(i, from, to);
      const [a, b] = [(o * from + low) * inner, (o * from + high) * inner];
      const at = (o * to + i) * inner;
      for (let k = 0; k < inner; k++) {
        out[at + k] = values[a + k] * (1 - share) + values[b + k] * share;
      }
    }
  }
  return out;
}

/** Rows of a grid's tokens for another grid, linear in time and space. */
export function resizedRows(
  values: Float32Array,
  from: TokenGrid,
  to: TokenGrid,
): Float32Array {
  const width = values.length / from.tokens;
  let rows = resizedAxis(Float64Array.from(values), from.columns, to.columns, width);
  rows = resizedAxis(rows, from.rows, to.rows, to.columns * width);
  rows = resizedAxis(rows, from.tubelets, to.tubelets, to.perTubelet * width);
  return Float32Array.from(rows);
}

/**
 * Stored learned positions for the clips in use: linear in time and space.
 *
 * @param name ends with "table" (a row for each token), "space" or "time"
 * @param values row-major [places, width]
 * @param clips those of the model that they are of
 * @throws {RangeError} if nothing tells how the places lie in a frame and in time
 */
export function resizedPositions(
  name: string,
  values: Float32Array,
  width: number,
  geometry: ClipGeometry,
  clips: StoredClips,
): Float32Array {
  const own = tokenGrid(geometry);
  const stored = values.length / width;
  const part = name.slice(name.lastIndexOf(".") + 1);
  if (part === "time") return resizedRows(values, gridOf(stored, 1, 1), gridOf(own.tubelets, 1, 1));
  const isSpace = part === "space";
  const from = isSpace
    ? storedGrids(stored).find(({ tubelets }) => tubelets === 1)
    : gridOfStored(stored, geometry, clips);
  if (from) return resizedRows(values, from, isSpace ? gridOf(1, own.rows, own.columns) : own);
  throw new RangeError(
    `Cannot load weights: positions must be of a grid of square frames, got ${stored} places in "${name}"`,
  );
}
