// Matrix product for machines without a BLAS library: packed panels and a 4 × 8 micro-kernel, after
// Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008.
//
// Both operands are read through packing, which is where a transposed operand costs nothing more
// than an untransposed one. The micro-kernel is made for a host that checks the bounds of every load
// (Deno does): a step of depth loads three vectors and spreads the values of A by shuffles, which is
// faster than loading each of them into all lanes, and than a larger tile that does.

import { multiplyAdd, splat } from "./lanes";

/** Rows of a tile. */
const MR: i32 = 4;
/** Columns of a tile. */
const NR: i32 = 8;
/** Rows of A that are packed at once (a multiple of MR). */
const MC: i32 = 96;
/** Depth that is packed at once. */
const KC: i32 = 256;
/** Columns of B that are packed at once (a multiple of NR). */
const NC: i32 = 1024;

/** Bytes of scratch memory that matmul needs: the packed blocks of A and B and one tile. */
export function matmulScratchBytes(): i32 {
  return (MC * KC + KC * NC + MR * NR) << 2;
}

/**
 * Packs a block into panels of `width` lines, depth slowest; lines past `lines` become 0.
 *
 * @param lineStride bytes from one line (row of A, column of B) to the next
 * @param depthStride bytes from one step of depth to the next
 */
@inline
function pack(
  from: usize,
  to: usize,
  lines: i32,
  depth: i32,
  lineStride: usize,
  depthStride: usize,
  width: i32,
): void {
  for (let first = 0; first < lines; first += width) {
    const count = min(width, lines - first);
    const panel = from + <usize>first * lineStride;
    if (count == width && lineStride == 4) {
      packContiguous(panel, to, depth, depthStride, width);
    } else {
      for (let l = 0; l < count; l++) {
        let source = panel + <usize>l * lineStride;
        let target = to + (<usize>l << 2);
        for (let k = 0; k < depth; k++) {
          f32.store(target, f32.load(source));
          source += depthStride;
          target += <usize>width << 2;
        }
      }
      for (let l = count; l < width; l++) {
        let target = to + (<usize>l << 2);
        for (let k = 0; k < depth; k++) {
          f32.store(target, 0);
          target += <usize>width << 2;
        }
      }
    }
    to += <usize>(depth * width) << 2;
  }
}

/** A whole panel whose lines lie side by side: copies of `width` values (4 or 8). */
@inline
function packContiguous(from: usize, to: usize, depth: i32, depthStride: usize, width: i32): void {
  for (let k = 0; k < depth; k++) {
    v128.store(to, v128.load(from));
    if (width == 8) v128.store(to, v128.load(from, 16), 16);
    from += depthStride;
    to += <usize>width << 2;
  }
}

/** c = alpha · (row of sums) + c, for one row of a tile. */
@inline
function addRow(c: usize, alpha: v128, left: v128, right: v128): void {
  v128.store(c, multiplyAdd(alpha, left, v128.load(c)));
  v128.store(c, multiplyAdd(alpha, right, v128.load(c, 16)), 16);
}

/** c [4, 8] += alpha · a [depth, 4]ᵀ · b [depth, 8]; `stride` is c's row stride in bytes. */
function tile(a: usize, b: usize, c: usize, depth: i32, stride: usize, alpha: f32): void {
  let c00 = splat(0), c01 = splat(0), c10 = splat(0), c11 = splat(0);
  let c20 = splat(0), c21 = splat(0), c30 = splat(0), c31 = splat(0);
  for (let k = 0; k < depth; k++) {
    const column = v128.load(a);
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = i32x4.shuffle(column, column, 0, 0, 0, 0);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = i32x4.shuffle(column, column, 1, 1, 1, 1);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = i32x4.shuffle(column, column, 2, 2, 2, 2);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = i32x4.shuffle(column, column, 3, 3, 3, 3);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    a += 16;
    b += 32;
  }
  const factor = splat(alpha);
  addRow(c, factor, c00, c01);
  addRow(c += stride, factor, c10, c11);
  addRow(c += stride, factor, c20, c21);
  addRow(c += stride, factor, c30, c31);
}

/** A tile at the edge of c: computed whole in `spare`, then added as far as it is inside. */
function edgeTile(
  a: usize,
  b: usize,
  c: usize,
  depth: i32,
  stride: usize,
  alpha: f32,
  rows: i32,
  columns: i32,
  spare: usize,
): void {
  memory.fill(spare, 0, <usize>(MR * NR) << 2);
  tile(a, b, spare, depth, <usize>NR << 2, alpha);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const place = c + (<usize>j << 2);
      f32.store(place, f32.load(place) + f32.load(spare + (<usize>(i * NR + j) << 2)));
    }
    c += stride;
  }
}

/** c [rows, columns] += alpha · packed a · packed b. */
function block(
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  stride: usize,
  alpha: f32,
  spare: usize,
): void {
  for (let j = 0; j < columns; j += NR) {
    const panelB = b + (<usize>(j * depth) << 2);
    for (let i = 0; i < rows; i += MR) {
      const panelA = a + (<usize>(i * depth) << 2);
      const corner = c + <usize>i * stride + (<usize>j << 2);
      if (i + MR <= rows && j + NR <= columns) {
        tile(panelA, panelB, corner, depth, stride, alpha);
      } else {
        const height = min(MR, rows - i);
        const width = min(NR, columns - j);
        edgeTile(panelA, panelB, corner, depth, stride, alpha, height, width, spare);
      }
    }
  }
}

/**
 * c = alpha · op(a) · op(b) + beta · c with beta 0 or 1, row-major like cblas_sgemm; op transposes
 * where its flag is set. c is [m, n], the inner size is k; strides count values.
 *
 * @param scratch address of matmulScratchBytes() bytes
 */
export function matmul(
  transposeA: bool,
  transposeB: bool,
  m: i32,
  n: i32,
  k: i32,
  alpha: f32,
  a: usize,
  strideA: i32,
  b: usize,
  strideB: i32,
  beta: f32,
  c: usize,
  strideC: i32,
  scratch: usize,
): void {
  const packedB = scratch + (<usize>(MC * KC) << 2);
  const spare = packedB + (<usize>(KC * NC) << 2);
  const bytesC = <usize>strideC << 2;
  const rowA: usize = transposeA ? 4 : <usize>strideA << 2;
  const depthA: usize = transposeA ? <usize>strideA << 2 : 4;
  const columnB: usize = transposeB ? <usize>strideB << 2 : 4;
  const depthB: usize = transposeB ? 4 : <usize>strideB << 2;
  if (beta == 0) {
    for (let i = 0; i < m; i++) memory.fill(c + <usize>i * bytesC, 0, <usize>n << 2);
  }
  for (let j = 0; j < n; j += NC) {
    const columns = min(NC, n - j);
    for (let p = 0; p < k; p += KC) {
      const depth = min(KC, k - p);
      const fromB = b + <usize>j * columnB + <usize>p * depthB;
      pack(fromB, packedB, columns, depth, columnB, depthB, NR);
      for (let i = 0; i < m; i += MC) {
        const rows = min(MC, m - i);
        pack(a + <usize>i * rowA + <usize>p * depthA, scratch, rows, depth, rowA, depthA, MR);
        const corner = c + <usize>i * bytesC + (<usize>j << 2);
        block(scratch, packedB, corner, rows, columns, depth, bytesC, alpha, spare);
      }
    }
  }
}
