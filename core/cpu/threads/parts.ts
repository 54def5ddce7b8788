/** One of the equal parts of a job. */
export interface Part {
  /** Which one, from 0. */
  readonly index: number;
  /** How many there are. */
  readonly count: number;
}

/** Numbers from `begin` up to, not including, `end`. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/**
 * A part's share of `count` lines, next to each other: whole grains, except for the last line's. Shares may
 * be empty.
 */
export function shareOf(count: number, grain: number, part: Part): Range {
  const grains = Math.ceil(count / grain);
  const cut = (index: number) => Math.min(count, grain * Math.floor(grains * index / part.count));
  return { begin: cut(part.index), end: cut(part.index + 1) };
}

/** A rectangle of a matrix. */
export interface Tile {
  readonly rows: Range;
  readonly columns: Range;
}

/**
 * Lines of a product are cut at multiples of this, which is one of every BLAS library's tile: each value
 * then comes out of the same steps wherever the cuts are, so that the number of threads does not show in
 * the result.
 */
const GRAIN = 64;

/**
 * What a line costs besides its multiplications, as a number of them: each thread copies its
 * part of both operands into a form of its library's own.
 */
const LINE_COST = 50;

/** A part's tile of a product [rows, columns]: tiles of about one area, and as square as may be. */
export function tileOf(rows: number, columns: number, { index, count }: Part): Tile {
  let best = { down: count, across: 1, cost: Infinity };
  for (let down = 1; down <= count; down++) {
    if (count % down !== 0) continue;
    const across = count / down;
    const height = Math.min(rows, GRAIN * Math.ceil(Math.ceil(rows / GRAIN) / down));
    const width = Math.min(columns, GRAIN * Math.ceil(Math.ceil(columns / GRAIN) / across));
    const cost = height * width + LINE_COST * (height + width);
    if (cost < best.cost) best = { down, across, cost };
  }
  const { down, across } = best;
  return {
    rows: shareOf(rows, GRAIN, { index: Math.floor(index / across), count: down }),
    columns: shareOf(columns, GRAIN, { index: index % across, count: across }),
  };
}
