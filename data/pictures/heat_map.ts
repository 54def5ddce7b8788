import { type Canvas, type Colour, createCanvas, enlarge } from "./canvas.ts";

/**
 * Nine points of matplotlib's "inferno" (Smith, van der Walt, 2015; public domain, CC0), in which equal
 * steps of value look like equal steps of lightness. Between them colours are mixed linearly.
 */
const INFERNO: readonly Colour[] = [
  [0, 0, 4],
  [31, 12, 72],
  [85, 15, 109],
  [136, 34, 106],
  [186, 54, 85],
  [227, 89, 51],
  [249, 140, 10],
  [249, 201, 50],
  [252, 255, 164],
];

/** Colour of values that are no numbers. */
const NO_NUMBER: Colour = [128, 128, 128];

/** The colour of a value from 0 (dark) to 1 (bright); values outside are clamped, NaN is grey. */
export function heatColour(value: number): Colour {
  if (Number.isNaN(value)) return NO_NUMBER;
  const place = Math.min(1, Math.max(0, value)) * (INFERNO.length - 1);
  const below = Math.min(Math.floor(place), INFERNO.length - 2);
  const share = place - below;
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(INFERNO[below][channel] * (1 - share) + INFERNO[below + 1][channel] * share);
  return [mix(0), mix(1), mix(2)];
}

/** Range of values and size of a cell. */
export interface HeatMapOptions {
  /** Value of the darkest colour. @default the smallest value */
  from?: number;
  /** Value of the brightest colour. @default the largest value */
  to?: number;
  /** Side of a cell in pixels. @default 1 */
  cell?: number;
}

/**
 * A picture of a matrix, one square per value. Where all values are the same, all squares are dark.
 *
 * @param values [rows, columns]
 * @throws {RangeError} if the number of values is not `rows · columns`
 */
export function heatMap(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  options: HeatMapOptions = {},
): Canvas {
  if (values.length !== rows * columns) {
    throw new RangeError(
      `Cannot build a heat map: ${rows} × ${columns} cells must have as many values, got ${values.length}`,
    );
  }
  const finite = Array.from(values).filter(Number.isFinite);
  const from = options.from ?? finite.reduce((a, b) => Math.min(a, b), Infinity);
  const to = options.to ?? finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const canvas = createCanvas(columns, rows, NO_NUMBER);
  for (let i = 0; i < values.length; i++) {
    const share = to > from ? (values[i] - from) / (to - from) : values[i] * 0;
    canvas.data.set(heatColour(share), i * 3);
  }
  return enlarge(canvas, options.cell ?? 1);
}
