import { type Canvas, type Colour, createCanvas, drawCanvas } from "./canvas.ts";
import { drawText, textHeight, textWidth } from "./text.ts";

/** A labelled row of pictures. */
export interface PictureRow {
  /** Lines of text to the left of the row. */
  label: string | readonly string[];
  /** Pictures from left to right. */
  tiles: readonly Canvas[];
}

/** Labels and distances of a grid. */
export interface PictureGridOptions {
  title?: string;
  /** A label above each column. */
  columnLabels?: readonly string[];
  /** Pixels between tiles. @default 4 */
  gap?: number;
  /** Side of a dot of the text in pixels. @default 1 */
  textScale?: number;
}

const PAPER: Colour = [250, 250, 248];
const INK: Colour = [30, 30, 34];
const FAINT: Colour = [110, 110, 116];

/** Pixels around the grid. */
const MARGIN = 8;

/** Pixels from one line of a label to the next, in heights of a letter. */
const LINE_HEIGHT = 1.4;

function linesOf(label: PictureRow["label"]): readonly string[] {
  return typeof label === "string" ? [label] : label;
}

/** Largest of some lengths, 0 for none. */
function largest(lengths: readonly number[]): number {
  return lengths.reduce((a, b) => Math.max(a, b), 0);
}

/** Where things of a grid go, in pixels. */
interface Layout {
  gap: number;
  scale: number;
  /** Left edge of each column, and past the last one. */
  columns: number[];
  /** Upper edge of each row, and past the last one. */
  rows: number[];
  width: number;
  height: number;
}

/** Adds up sizes with gaps between them, from a start. */
function edges(start: number, sizes: readonly number[], gap: number): number[] {
  const places = [start];
  for (const size of sizes) places.push(places[places.length - 1] + size + gap);
  return places;
}

function layOut(rows: readonly PictureRow[], options: PictureGridOptions): Layout {
  const { title, columnLabels = [], gap = 4, textScale: scale = 1 } = options;
  const line = Math.ceil(textHeight(scale) * LINE_HEIGHT);
  const columnCount = largest([columnLabels.length, ...rows.map(({ tiles }) => tiles.length)]);
  const widths = Array.from({ length: columnCount }, (_, column) =>
    largest([
      textWidth(columnLabels[column] ?? "", scale),
      ...rows.map(({ tiles }) => tiles[column]?.width ?? 0),
    ]));
  const heights = rows.map(({ label, tiles }) =>
    largest([linesOf(label).length * line, ...tiles.map((tile) => tile.height)])
  );
  const labels = rows.flatMap(({ label }) => linesOf(label).map((text) => textWidth(text, scale)));
  const left = MARGIN + (labels.length > 0 ? largest(labels) + 2 * gap : 0);
  const top = MARGIN + (title === undefined ? 0 : 2 * line) + (columnLabels.length > 0 ? line : 0);
  const columns = edges(left, widths, gap);
  const rowEdges = edges(top, heights, gap);
  return {
    gap,
    scale,
    columns,
    rows: rowEdges,
    width: largest([columns[columnCount] - gap, MARGIN + textWidth(title ?? "", scale)]) + MARGIN,
    height: rowEdges[rows.length] - gap + MARGIN,
  };
}

/**
 * Puts tiles in labelled rows and columns on one sheet.
 */
export function pictureGrid(
  rows: readonly PictureRow[],
  options: PictureGridOptions = {},
): Canvas {
  const layout = layOut(rows, options);
  const { scale } = layout;
  const line = Math.ceil(textHeight(scale) * LINE_HEIGHT);
  const sheet = createCanvas(layout.width, layout.height, PAPER);
  if (options.title !== undefined) {
    drawText(sheet, options.title, MARGIN, MARGIN, { colour: INK, scale });
  }
  options.columnLabels?.forEach((label, column) =>
    drawText(sheet, label, layout.columns[column], layout.rows[0] - line, { colour: FAINT, scale })
  );
  rows.forEach(({ label, tiles }, row) => {
    const lines = linesOf(label);
    const height = layout.rows[row + 1] - layout.gap - layout.rows[row];
    const top = layout.rows[row] + Math.max(0, Math.floor((height - lines.length * line) / 2));
    lines.forEach((text, index) =>
      drawText(sheet, text, MARGIN, top + index * line, { colour: INK, scale })
    );
    tiles.forEach((tile, column) =>
      drawCanvas(sheet, tile, layout.columns[column], layout.rows[row])
    );
  });
  return sheet;
}
