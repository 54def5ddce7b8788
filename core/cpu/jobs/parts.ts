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

/** Float32 values of a cache line: parts that write next to each other are cut there. */
export const CACHE_LINE = 16;

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
 * Rows of a product are cut at multiples of this: there a row of tiles ends in every BLAS library that was
 * looked at, whose tiles are 4, 6, 8, 12 or 16 rows high. So each value comes out of the same steps wherever
 * the cuts are, and the number of threads does not show in the result.
 */
const ROW_GRAIN = 48;

/** About how many columns a panel of a product has. */
const PANEL = 512;

/**
 * How many panels of columns a product is done in: always the same ones, as columns at the end of a panel may
 * come out of other steps than those inside.
 */
function panelCount(columns: number): number {
  return 2 ** Math.max(0, Math.round(Math.log2(columns / PANEL)));
}

/**
 * A part's tiles of a product [rows, columns]: the rows of its panels of columns, one panel after the other,
 * are shared out.
 */
export function tilesOf(rows: number, columns: number, part: Part): Tile[] {
  const panels = panelCount(columns);
  const grains = Math.ceil(rows / ROW_GRAIN);
  const { begin, end } = shareOf(panels * grains, 1, part);
  const tiles: Tile[] = [];
  for (let grain = begin; grain < end;) {
    const panel = Math.floor(grain / grains);
    const next = Math.min(end, (panel + 1) * grains);
    tiles.push({
      rows: {
        begin: (grain - panel * grains) * ROW_GRAIN,
        end: Math.min(rows, (next - panel * grains) * ROW_GRAIN),
      },
      columns: shareOf(columns, CACHE_LINE, { index: panel, count: panels }),
    });
    grain = next;
  }
  return tiles;
}
