import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import {
  canvasOf,
  createCanvas,
  drawCanvas,
  enlarge,
  fillBox,
} from "../../../data/pictures/canvas.ts";
import { heatColour, heatMap } from "../../../data/pictures/heat_map.ts";
import { pictureGrid } from "../../../data/pictures/picture_grid.ts";
import { encodePng, writePng } from "../../../data/pictures/png.ts";
import { drawText, TEXT_HEIGHT, textWidth } from "../../../data/pictures/text.ts";
import { tokenOverlay, TokenState, tokenStates } from "../../../data/pictures/token_overlay.ts";

function pixel(canvas: { width: number; data: Uint8Array }, x: number, y: number): number[] {
  const start = (y * canvas.width + x) * 3;
  return [...canvas.data.subarray(start, start + 3)];
}

/** Lightness of a colour, CIE luminance without its gamma. */
function luminance([red, green, blue]: readonly number[]): number {
  return 0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2;
}

Deno.test("drawing cuts what sticks out, on every side", () => {
  for (const x of [-3, -1, 0, 3, 5]) {
    for (const y of [-3, -1, 0, 3, 5]) {
      const canvas = createCanvas(4, 4, [0, 0, 0]);
      drawCanvas(canvas, createCanvas(2, 2, [255, 255, 255]), x, y);
      for (let row = 0; row < 4; row++) {
        for (let column = 0; column < 4; column++) {
          const inside = column >= x && column < x + 2 && row >= y && row < y + 2;
          assert.equal(pixel(canvas, column, row)[0], inside ? 255 : 0);
        }
      }
    }
  }
});

Deno.test("a PNG decodes to the canvas that it was made from", async () => {
  const pixels = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => i * 5);
  const canvas = canvasOf(pixels, 5, 3);
  const { width, height, channels, data } = decode(encodePng(canvas));
  assert.deepEqual([width, height, channels, [...data]], [5, 3, 3, [...pixels]]);
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.png");
    await writePng(path, canvas);
    assert.deepEqual(await Deno.readFile(path), encodePng(canvas));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert.throws(() => canvasOf([1, 2], 1, 1), /1 × 1 pixels must have 3 values, got 2/);
});

Deno.test("enlarging repeats every pixel", () => {
  const large = enlarge(canvasOf([1, 2, 3, 4, 5, 6], 2, 1), 3);
  assert.deepEqual([large.width, large.height], [6, 3]);
  assert.deepEqual(pixel(large, 2, 2), [1, 2, 3]);
  assert.deepEqual(pixel(large, 3, 0), [4, 5, 6]);
  assert.throws(() => enlarge(large, 0.5), /whole number from 1, got 0\.5/);
});

Deno.test("text fills its box, letters differ, and letters that are missing become ?", () => {
  const drawn = (text: string) => {
    const canvas = createCanvas(textWidth(text), TEXT_HEIGHT, [255, 255, 255]);
    drawText(canvas, text, 0, 0, [0, 0, 0]);
    return canvas.data;
  };
  const looks = new Set([..."ABCXYZabcxyz0123456789.,:%+-=()/"].map((one) => drawn(one).join()));
  assert.equal(looks.size, 32);
  assert.deepEqual(drawn("漢"), drawn("?"));
  assert.equal(textWidth(""), 0);
  assert.equal(textWidth("ab"), 11);
  const canvas = createCanvas(3, 3, [255, 255, 255]);
  drawText(canvas, "cut off on both sides", -8, -2, [0, 0, 0]);
});

Deno.test("heat colours get lighter from 0 to 1, are clamped, and NaN is grey", () => {
  let before = -1;
  for (let i = 0; i <= 100; i++) {
    const light = luminance(heatColour(i / 100));
    assert.ok(light > before, `at ${i}`);
    before = light;
  }
  assert.deepEqual(heatColour(-1), heatColour(0));
  assert.deepEqual(heatColour(2), heatColour(1));
  assert.deepEqual(heatColour(NaN), [128, 128, 128]);
});

Deno.test("a heat map spans its values, unless told otherwise", () => {
  const map = heatMap([5, 6, 7, NaN], 2, 2, { cell: 4 });
  assert.deepEqual([map.width, map.height], [8, 8]);
  assert.deepEqual(pixel(map, 0, 0), [...heatColour(0)]);
  assert.deepEqual(pixel(map, 7, 0), [...heatColour(0.5)]);
  assert.deepEqual(pixel(map, 0, 7), [...heatColour(1)]);
  assert.deepEqual(pixel(map, 7, 7), [128, 128, 128]);
  assert.deepEqual(pixel(heatMap([3, 3], 1, 2), 1, 0), [...heatColour(0)]);
  assert.deepEqual(pixel(heatMap([3], 1, 1, { from: 1, to: 5 }), 0, 0), [...heatColour(0.5)]);
  assert.throws(() => heatMap([1], 2, 2), /2 × 2 cells must have as many values, got 1/);
});

Deno.test("a token overlay leaves visible tokens, tints targets and darkens dropped ones", () => {
  const states = tokenStates(4, [0], [3]);
  assert.deepEqual([...states], [TokenState.visible, 0, 0, TokenState.target]);
  const frame = createCanvas(8, 8, [200, 200, 200]);
  const overlay = tokenOverlay(frame, states, 4);
  assert.deepEqual(pixel(overlay, 2, 2), [200, 200, 200]);
  assert.ok(pixel(overlay, 6, 2)[0] < 70);
  const [red, , blue] = pixel(overlay, 6, 6);
  assert.ok(red - blue > 80);
  assert.deepEqual(pixel(frame, 6, 6), [200, 200, 200]);
  assert.throws(() => tokenOverlay(frame, states, 3), /must be covered/);
});

Deno.test("tiles of a sheet lie in rows and columns, none over another", () => {
  const colours = [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255]]] as const;
  const rows = colours.map((row, index) => ({
    label: index === 0 ? "frames" : ["two", "lines"],
    tiles: row.map((colour) => createCanvas(10, 6, colour)),
  }));
  const sheet = pictureGrid(rows, "a title", ["0", "1"]);
  const seen = new Map<string, number>();
  for (let i = 0; i < sheet.width * sheet.height; i++) {
    const key = pixel(sheet, i % sheet.width, Math.floor(i / sheet.width)).join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  for (const colour of colours.flat()) assert.equal(seen.get(colour.join()), 60);
  assert.ok(sheet.width < 100 && sheet.height < 100);
});

Deno.test("a box is filled within its borders", () => {
  const canvas = createCanvas(3, 3, [0, 0, 0]);
  fillBox(canvas, 1, 1, 1, 5, [9, 9, 9]);
  assert.equal([...canvas.data].filter((value) => value === 9).length, 2 * 3);
});
