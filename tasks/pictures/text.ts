import font from "oled-font-5x7";
import { type Canvas, type Colour, fillBox } from "./canvas.ts";

/** The font package: a column of a letter is a byte, its lowest bit the top row. */
interface BitmapFont {
  width: number;
  height: number;
  fontData: readonly number[];
  lookup: readonly string[];
}

const { width: LETTER_WIDTH, height: LETTER_HEIGHT, fontData, lookup } = font as BitmapFont;

/** Columns from the start of a letter to the start of the next one. */
const ADVANCE = LETTER_WIDTH + 1;

/** Place of each letter in the font. */
const PLACE_OF: ReadonlyMap<string, number> = new Map(
  lookup.map((letter, place) => [letter, place]),
);

/** Shown in place of letters that the font lacks. */
const UNKNOWN = "?";

/** Colour and size of letters. */
export interface TextOptions {
  /** Colour of the letters. @default black */
  colour?: Colour;
  /** Side of a dot in pixels. @default 1 */
  scale?: number;
}

/** Width of a line in pixels. */
export function textWidth(text: string, scale = 1): number {
  const letters = [...text].length;
  return letters === 0 ? 0 : (letters * ADVANCE - 1) * scale;
}

/** Height of a line in pixels. */
export function textHeight(scale = 1): number {
  return LETTER_HEIGHT * scale;
}

/** Draws a line of text, the corner of its first letter at column `x` and row `y`. */
export function drawText(
  canvas: Canvas,
  text: string,
  x: number,
  y: number,
  options: TextOptions = {},
): void {
  const { colour = [0, 0, 0], scale = 1 } = options;
  [...text].forEach((letter, index) => {
    const place = PLACE_OF.get(letter) ?? PLACE_OF.get(UNKNOWN)!;
    for (let column = 0; column < LETTER_WIDTH; column++) {
      const bits = fontData[place * LETTER_WIDTH + column];
      for (let row = 0; row < LETTER_HEIGHT; row++) {
        if ((bits >> row & 1) === 0) continue;
        const left = x + (index * ADVANCE + column) * scale;
        fillBox(canvas, left, y + row * scale, scale, scale, colour);
      }
    }
  });
}
