import { type Canvas, type Colour, createCanvas, drawCanvas } from "./canvas.ts";
import { drawText, TEXT_HEIGHT, textWidth } from "./text.ts";

/** A labelled row of pictures. */
export interface PictureRow {
  label: string | readonly string[];
  tiles: readonly Canvas[];
}

/** Colours of sheets: their ground, text, and text of less weight. */
export const SHEET_COLOURS = {
  paper: [250, 250, 248],
  ink: [30, 30, 34],
  faint: [110, 110, 116],
} as const satisfies Record<string, Colour>;

const MARGIN = 8;

const GAP = 4;

/** Pixels from one line of text to the next. */
const LINE = Math.ceil(TEXT_HEIGHT * 1.4);

/** Largest of some lengths, 0 for none. */
function largest(lengths: readonly number[]): number {
  return lengths.reduce((a, b) => Math.max(a, b), 0);
}

/** Places from a start, one after the other with gaps between them, and past the last. */
function edges(start: number, sizes: readonly number[]): number[] {
  const places = [start];
  for (const size of sizes) places.push(places[places.length - 1] + size + GAP);
  return places;
}

/** Puts tiles in labelled rows and columns on one sheet. */
export function pictureGrid(
  given: readonly PictureRow[],
  title: string | null = null,
  columnLabels: readonly string[] = [],
): Canvas {
  const { paper, ink, faint } = SHEET_COLOURS;
  const rows = given.map(({ label, tiles }) => {
    const lines = [label].flat();
    const height = largest([lines.length * LINE, ...tiles.map((tile) => tile.height)]);
    return { lines, tiles, height };
  });
  const columnCount = largest([columnLabels.length, ...rows.map(({ tiles }) => tiles.length)]);
  const widths = Array.from({ length: columnCount }, (_, column) =>
    largest([
      textWidth(columnLabels[column] ?? ""),
      ...rows.map(({ tiles }) => tiles[column]?.width ?? 0),
    ]));
  const labels = rows.flatMap(({ lines }) => lines.map(textWidth));
  const left = MARGIN + (labels.length > 0 ? largest(labels) + 2 * GAP : 0);
  const top = MARGIN + (title === null ? 0 : 2 * LINE) + (columnLabels.length > 0 ? LINE : 0);
  const columns = edges(left, widths);
  const tops = edges(top, rows.map(({ height }) => height));
  const sheet = createCanvas(
    largest([columns[columnCount] - GAP, MARGIN + textWidth(title ?? "")]) + MARGIN,
    tops[rows.length] - GAP + MARGIN,
    paper,
  );
  if (title !== null) drawText(sheet, title, MARGIN, MARGIN, ink);
  columnLabels.forEach((label, column) =>
    drawText(sheet, label, columns[column], top - LINE, faint)
  );
  rows.forEach(({ lines, tiles, height }, row) => {
    const first = tops[row] + Math.max(0, Math.floor((height - lines.length * LINE) / 2));
    lines.forEach((text, index) => drawText(sheet, text, MARGIN, first + index * LINE, ink));
    tiles.forEach((tile, column) => drawCanvas(sheet, tile, columns[column], tops[row]));
  });
  return sheet;
}
