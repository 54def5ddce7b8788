import { CACHE_LINE, type Part, type Range, shareOf, type Tile, tilesOf } from "./parts.ts";
import type { Core } from "./core.ts";
import { type Matrix, partOf, placeIn } from "./multiply.ts";

function lengthOf({ begin, end }: Range): number {
  return end - begin;
}

/** Multiplies into a tile of c [m, n]; the inner size is k. */
function multiplyTile(
  { multiply }: Core,
  { rows, columns }: Tile,
  k: number,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  add: boolean,
): void {
  const sizes = { m: lengthOf(rows), n: lengthOf(columns), k };
  const from = partOf(a, rows.begin, 0);
  multiply(sizes, from, partOf(b, 0, columns.begin), partOf(c, rows.begin, columns.begin), add);
}

/** c [m, n] = a · b, with operands optionally transposed (1). */
export function product(
  core: Core,
  part: Part,
  m: number,
  n: number,
  k: number,
  a: number,
  strideA: number,
  transposeA: number,
  b: number,
  strideB: number,
  transposeB: number,
  c: number,
): void {
  const left = { at: a, stride: strideA, transposed: transposeA === 1 };
  const right = { at: b, stride: strideB, transposed: transposeB === 1 };
  for (const tile of tilesOf(m, n, k, part)) {
    multiplyTile(core, tile, k, left, right, { at: c, stride: n }, false);
  }
}

/** y = x · w + b, for a tile of y. */
function linearTile(
  core: Core,
  tile: Tile,
  x: number,
  w: number,
  b: number,
  residual: number,
  y: Matrix,
  inputs: number,
): void {
  const { rows, columns } = tile;
  const outputs = y.stride;
  if (b || residual) {
    core.simd.startRows(
      residual && placeIn({ at: residual, stride: outputs }, rows.begin, columns.begin),
      b && b + 4 * columns.begin,
      placeIn(y, rows.begin, columns.begin),
      lengthOf(rows),
      lengthOf(columns),
      outputs,
    );
  }
  const [left, right] = [{ at: x, stride: inputs }, { at: w, stride: outputs }];
  multiplyTile(core, tile, inputs, left, right, y, b !== 0 || residual !== 0);
}

/**
 * y [rows, outputs] = x · w + b, or residual + factor · (x · w + b) with a factor for each
 * `perSample` rows. b, residual and factors may be 0.
 */
export function linear(
  core: Core,
  part: Part,
  x: number,
  w: number,
  b: number,
  residual: number,
  factors: number,
  perSample: number,
  y: number,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  const result = { at: y, stride: outputs };
  for (const tile of tilesOf(rows, outputs, inputs, part)) {
    linearTile(core, tile, x, w, b, factors ? 0 : residual, result, inputs);
    if (factors) blendTile(core, tile, residual, factors, perSample, result);
  }
}

/** y = residual + factor · y, for a tile of y. */
function blendTile(
  { simd }: Core,
  { rows, columns }: Tile,
  residual: number,
  factors: number,
  perSample: number,
  y: Matrix,
): void {
  for (let row = rows.begin; row < rows.end;) {
    const sample = Math.floor(row / perSample);
    const next = Math.min(rows.end, (sample + 1) * perSample);
    const from = placeIn({ at: residual, stride: y.stride }, row, columns.begin);
    const to = placeIn(y, row, columns.begin);
    simd.blendRows(from, factors + 4 * sample, to, next - row, lengthOf(columns), y.stride);
    row = next;
  }
}

/** pre [rows, outputs] = x · w + b and y = gelu(pre). */
export function linearGelu(
  core: Core,
  part: Part,
  x: number,
  w: number,
  b: number,
  pre: number,
  y: number,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  const hidden = { at: pre, stride: outputs };
  for (const tile of tilesOf(rows, outputs, inputs, part)) {
    linearTile(core, tile, x, w, b, 0, hidden, inputs);
    const [top, left] = [tile.rows.begin, tile.columns.begin];
    const result = placeIn({ at: y, stride: outputs }, top, left);
    const sizes = [lengthOf(tile.rows), lengthOf(tile.columns), outputs] as const;
    core.simd.gelu(placeIn(hidden, top, left), result, ...sizes);
  }
}

/** dx [rows, inputs] = (dy · wᵀ) · gelu'(pre), and y = gelu(pre), of a layer whose input is gelu(pre). */
export function geluLinearInput(
  core: Core,
  part: Part,
  pre: number,
  w: number,
  dy: number,
  dx: number,
  y: number,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  for (const tile of tilesOf(rows, inputs, outputs, part)) {
    inputTile(core, tile, w, dy, dx, inputs, outputs);
    const [top, left] = [tile.rows.begin, tile.columns.begin];
    const places = [pre, dx, y].map((at) => placeIn({ at, stride: inputs }, top, left));
    const sizes = [lengthOf(tile.rows), lengthOf(tile.columns), inputs] as const;
    core.simd.geluPair(places[0], places[1], places[2], ...sizes);
  }
}

/** dx = dy · wᵀ, for a tile of dx. */
function inputTile(
  core: Core,
  tile: Tile,
  w: number,
  dy: number,
  dx: number,
  inputs: number,
  outputs: number,
): void {
  const gradient = { at: dy, stride: outputs };
  const weight = { at: w, stride: outputs, transposed: true };
  multiplyTile(core, tile, outputs, gradient, weight, { at: dx, stride: inputs }, false);
}

/** dx [rows, inputs] = dy · wᵀ (unless dx is 0), dw [inputs, outputs] = xᵀ · dy and db = Σ dy. */
export function linearGradients(
  core: Core,
  part: Part,
  x: number,
  w: number,
  dy: number,
  dx: number,
  dw: number,
  db: number,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  for (const tile of dx ? tilesOf(rows, inputs, outputs, part) : []) {
    inputTile(core, tile, w, dy, dx, inputs, outputs);
  }
  const left = { at: x, stride: inputs, transposed: true };
  const [right, result] = [{ at: dy, stride: outputs }, { at: dw, stride: outputs }];
  for (const tile of tilesOf(inputs, outputs, rows, part)) {
    multiplyTile(core, tile, rows, left, right, result, false);
  }
  const { begin, end } = shareOf(outputs, CACHE_LINE, part);
  core.simd.sumRows(dy + 4 * begin, db + 4 * begin, 1, rows, 0, end - begin, outputs);
}
