import { type Canvas, type Colour, createCanvas, drawCanvas } from "./canvas.ts";
import { heatColour, heatMap } from "./heat_map.ts";
import { SHEET_COLOURS } from "./picture_grid.ts";
import { drawText, TEXT_HEIGHT, textWidth } from "./text.ts";

/** A confusion matrix and its classes. */
export interface Confusion {
  /** Names of the classes by label. */
  readonly classes: readonly string[];
  /** Row-major [classes, classes]: row is the label, column the prediction. */
  readonly counts: ArrayLike<number>;
  /** Videos of each class; those that are in no column could not be read. @default the rows' sums */
  readonly videos?: ArrayLike<number>;
  readonly title?: readonly string[];
}

const { paper: PAPER, ink: INK, faint: FAINT } = SHEET_COLOURS;
const ON_DARK: Colour = [235, 235, 235];

/** Pixels around everything. */
const MARGIN = 10;

/** Pixels between names and cells. */
const GAP = 5;

/** Side of the whole matrix that cells are sized for, in pixels. */
const AIM = 920;

/** Sides of a cell in pixels, least and greatest; numbers fit into large cells only. */
const CELL = { least: 3, greatest: 30 };

/** Letters of a name that are shown. */
const LETTERS = 28;

/** Numbers are drawn brightly where the share is below this one, since the cell is dark. */
const DARK_BELOW = 0.6;

/** Names of the classes as they are shown: with their labels, cut to a length. */
function shownNames(classes: readonly string[]): string[] {
  return classes.map((name, label) => {
    const text = name === String(label) ? name : `${label} ${name}`;
    const letters = [...text];
    return letters.length <= LETTERS ? text : `${letters.slice(0, LETTERS - 2).join("")}..`;
  });
}

/** A canvas turned to the left, so that text reads upwards. */
function turnLeft(canvas: Canvas): Canvas {
  const turned = createCanvas(canvas.height, canvas.width, PAPER);
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const from = (y * canvas.width + x) * 3;
      const to = ((canvas.width - 1 - x) * turned.width + y) * 3;
      turned.data.set(canvas.data.subarray(from, from + 3), to);
    }
  }
  return turned;
}

function label(text: string): Canvas {
  const canvas = createCanvas(textWidth(text), TEXT_HEIGHT, PAPER);
  drawText(canvas, text, 0, 0, INK);
  return canvas;
}

/** Every how many classes a name has room. */
function nameStep(cell: number): number {
  return Math.ceil((TEXT_HEIGHT + 2) / cell);
}

/** Draws the names of rows to the left of the matrix and those of columns above it. */
function drawNames(sheet: Canvas, names: readonly string[], cell: number, edge: [number, number]) {
  const [left, top] = edge;
  const centred = Math.floor((cell - TEXT_HEIGHT) / 2);
  for (let c = 0; c < names.length; c += nameStep(cell)) {
    const name = label(names[c]);
    drawCanvas(sheet, name, left - GAP - name.width, top + c * cell + centred);
    drawCanvas(sheet, turnLeft(name), left + c * cell + centred, top - GAP - name.width);
  }
}

/** Writes the counts into their cells, where all of them have room. */
function drawCounts(
  sheet: Canvas,
  counts: ArrayLike<number>,
  shares: ArrayLike<number>,
  cell: number,
  [left, top]: [number, number],
): void {
  const classes = Math.sqrt(counts.length);
  const texts = Array.from(counts, (count) => count === 0 ? "" : String(count));
  if (texts.some((text) => textWidth(text) > cell - 2) || TEXT_HEIGHT > cell - 2) return;
  texts.forEach((text, i) => {
    const x = left + i % classes * cell + Math.ceil((cell - textWidth(text)) / 2);
    const y = top + Math.floor(i / classes) * cell + Math.floor((cell - TEXT_HEIGHT) / 2);
    drawText(sheet, text, x, y, shares[i] < DARK_BELOW ? ON_DARK : INK);
  });
}

/** A bar of the colours from 0 to 100 %, with its ends named. */
function colourBar(): Canvas {
  const [from, to] = ["0 ", " 100 % of the class's videos"].map(label);
  const bar = createCanvas(100, TEXT_HEIGHT, PAPER);
  for (let i = 0; i < bar.width * bar.height; i++) {
    bar.data.set(heatColour(i % bar.width / (bar.width - 1)), i * 3);
  }
  const whole = createCanvas(from.width + bar.width + to.width + 4, bar.height, PAPER);
  drawCanvas(whole, from, 0, 0);
  drawCanvas(whole, bar, from.width + 4, 0);
  drawCanvas(whole, to, from.width + 4 + bar.width, 0);
  return whole;
}

/** Each count as a share of its class's videos. */
function classShares({ classes: { length: classes }, counts, videos }: Confusion): Float64Array {
  const shares = Float64Array.from(counts);
  for (let label = 0; label < classes; label++) {
    const row = shares.subarray(label * classes, (label + 1) * classes);
    const all = videos?.[label] ?? row.reduce((sum, count) => sum + count, 0);
    row.forEach((count, column) => row[column] = count / Math.max(1, all));
  }
  return shares;
}

/**
 * A picture of a confusion matrix: rows are labels, columns predictions, colours the share of a
 * class's videos. Counts are written into cells that have room for them; of several hundred classes
 * only some are named.
 *
 * @throws {RangeError} if the matrix is not as large as the number of classes, or there are none
 */
export function confusionPicture(confusion: Confusion): Canvas {
  const { classes: { length: classes }, counts, title = [] } = confusion;
  if (classes === 0 || counts.length !== classes * classes) {
    throw new RangeError(
      `Cannot build a confusion picture: ${classes} classes must have ${
        classes * classes
      } counts, ` +
        `got ${counts.length}`,
    );
  }
  const shares = classShares(confusion);
  const cell = Math.min(CELL.greatest, Math.max(CELL.least, Math.floor(AIM / classes)));
  const names = shownNames(confusion.classes);
  const room = names.reduce((most, name) => Math.max(most, textWidth(name)), 0) + GAP;
  const line = 2 * TEXT_HEIGHT;
  const axes = "rows: labels, columns: predictions";
  const lines = [...title, axes];
  const edge: [number, number] = [MARGIN + room, MARGIN + lines.length * line + room];
  const bar = colourBar();
  const widest = lines.reduce((most, text) => Math.max(most, textWidth(text)), bar.width);
  const sheet = createCanvas(
    Math.max(edge[0] + classes * cell, MARGIN + widest) + MARGIN,
    edge[1] + classes * cell + line + MARGIN,
    PAPER,
  );
  lines.forEach((text, row) =>
    drawText(sheet, text, MARGIN, MARGIN + row * line, text === axes ? FAINT : INK)
  );
  drawCanvas(sheet, heatMap(shares, classes, classes, { from: 0, to: 1, cell }), ...edge);
  drawNames(sheet, names, cell, edge);
  drawCounts(sheet, counts, shares, cell, edge);
  drawCanvas(sheet, bar, MARGIN, sheet.height - MARGIN - bar.height);
  return sheet;
}
