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

const PLACE_OF: ReadonlyMap<string, number> = new Map(
  lookup.map((letter, place) => [letter, place]),
);

/** Shown in place of letters that the font lacks. */
const UNKNOWN = "?";

export const TEXT_HEIGHT = LETTER_HEIGHT;

export function textWidth(text: string): number {
  return Math.max(0, [...text].length * ADVANCE - 1);
}

/** Draws a line of text, the corner of its first letter at column `x` and row `y`; what sticks out is cut. */
export function drawText(canvas: Canvas, text: string, x: number, y: number, colour: Colour): void {
  [...text].forEach((letter, index) => {
    const place = PLACE_OF.get(letter) ?? PLACE_OF.get(UNKNOWN)!;
    for (let column = 0; column < LETTER_WIDTH; column++) {
      const bits = fontData[place * LETTER_WIDTH + column];
      for (let row = 0; row < LETTER_HEIGHT; row++) {
        if ((bits >> row & 1) === 0) continue;
        fillBox(canvas, x + index * ADVANCE + column, y + row, 1, 1, colour);
      }
    }
  });
}
