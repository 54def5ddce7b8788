/** A picture in memory: RGB, 8 bits, rows from the top. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A canvas of one colour; sides in pixels. */
export function createCanvas(width: number, height: number, colour: Colour): Canvas {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3];
  return { width, height, data };
}

/**
 * A canvas with the given pixels; the pixels are copied.
 *
 * @param pixels RGB, 0 to 255, [height, width, 3]
 * @throws {RangeError} if the number of values is not `width · height · 3`
 */
export function canvasOf(pixels: ArrayLike<number>, width: number, height: number): Canvas {
  if (pixels.length !== width * height * 3) {
    throw new RangeError(
      `Cannot build a canvas: ${width} × ${height} pixels must have ${
        width * height * 3
      } values, ` +
        `got ${pixels.length}`,
    );
  }
  return { width, height, data: Uint8Array.from(pixels) };
}

/** Draws a canvas on another one, its corner at column `x` and row `y`; what sticks out is cut. */
export function drawCanvas(onto: Canvas, canvas: Canvas, x: number, y: number): void {
  const from = Math.max(0, -x);
  const to = Math.min(canvas.width, onto.width - x);
  if (to <= from) return;
  for (let row = Math.max(0, -y); row < Math.min(canvas.height, onto.height - y); row++) {
    const start = (row * canvas.width + from) * 3;
    const pixels = canvas.data.subarray(start, start + (to - from) * 3);
    onto.data.set(pixels, ((y + row) * onto.width + x + from) * 3);
  }
}

/** Fills a box with a colour; what sticks out is cut. */
export function fillBox(
  canvas: Canvas,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  drawCanvas(canvas, createCanvas(width, height, colour), x, y);
}

/** A canvas enlarged by a whole factor, each pixel a square. */
export function enlarge(canvas: Canvas, factor: number): Canvas {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new RangeError(
      `Cannot build a larger canvas: the factor must be a whole number from 1, got ${factor}`,
    );
  }
  const [width, height] = [canvas.width * factor, canvas.height * factor];
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    const source = Math.floor(row / factor) * canvas.width + Math.floor(column / factor);
    data[i] = canvas.data[source * 3 + i % 3];
  }
  return { width, height, data };
}
