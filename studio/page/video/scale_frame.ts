import type { CropBox } from "@videoms/data/plain";
import { type ScaleFilter, scaleFilter } from "./scale_filter.ts";
import { type ColourCoefficients, colourCoefficients, type YuvFrame } from "./yuv_frame.ts";

/** A plane of a frame, and the box of it that is scaled. */
interface Plane extends CropBox {
  readonly data: Uint8Array;
  readonly stride: number;
}

const half = (length: number) => (length + 1) >> 1;
const clip = (value: number) => value < 0 ? 0 : value > 255 ? 255 : value;

/** Rows scaled across: int16 of 15 bits, [height, outputs]. */
function scaleAcross(plane: Plane, { taps, from, weights }: ScaleFilter): Int16Array {
  const outputs = from.length;
  const out = new Int16Array(plane.height * outputs);
  for (let row = 0, to = 0; row < plane.height; row++) {
    const start = (plane.y + row) * plane.stride + plane.x;
    for (let i = 0, w = 0; i < outputs; i++) {
      let sum = 0;
      for (let j = 0, at = start + from[i]; j < taps; j++) sum += plane.data[at++] * weights[w++];
      out[to++] = Math.min(sum >> 7, 32767);
    }
  }
  return out;
}

/** A row scaled down the columns: values of 8 bits. */
function scaleDown(
  rows: Int16Array,
  { taps, from, weights }: ScaleFilter,
  row: number,
  into: Int32Array,
  rounding: number,
): void {
  const width = into.length;
  into.fill(rounding);
  for (let j = 0; j < taps; j++) {
    const weight = weights[row * taps + j];
    const start = (from[row] + j) * width;
    for (let i = 0; i < width; i++) into[i] += rows[start + i] * weight;
  }
  for (let i = 0; i < width; i++) into[i] >>= 19;
}

/** How much a colour shifts brightness, by its value: in steps of brightness. */
interface Shifts {
  readonly red: Int32Array;
  readonly blue: Int32Array;
  readonly greenOfU: Int32Array;
  readonly greenOfV: Int32Array;
  /** RGB by shifted brightness, from `first`. */
  readonly table: Uint8Array;
}

const TABLE = 2048;
const HEADROOM = 512;

function shiftsOf({ cy, oy, vRed, uBlue, uGreen, vGreen }: ColourCoefficients): Shifts {
  const offset = (oy > 0 ? 326 : 384) + HEADROOM;
  const shifts = (coefficient: number, base: number) => {
    const step = Math.trunc((coefficient * 65536 + 0x8000) / cy);
    return Int32Array.from(
      { length: 256 },
      (_, value) => base - (step >> 9) + Math.floor(value * step / 65536),
    );
  };
  const start = -(384 << 16) - HEADROOM * cy - oy;
  return {
    red: shifts(vRed, offset),
    blue: shifts(uBlue, offset),
    greenOfU: shifts(uGreen, offset),
    greenOfV: shifts(vGreen, 0),
    table: Uint8Array.from(
      { length: TABLE },
      (_, i) => clip(Math.floor((start + i * cy + 0x8000) / 65536)),
    ),
  };
}

/** A row of pixels, of which every two share their colour. */
function writeRow(
  out: Uint8Array,
  to: number,
  { red, blue, greenOfU, greenOfV, table }: Shifts,
  y: Int32Array,
  u: Int32Array,
  v: Int32Array,
): void {
  for (let i = 0; i < y.length; i++) {
    const [cu, cv] = [clip(u[i >> 1]), clip(v[i >> 1])];
    out[to++] = table[y[i] + red[cv]];
    out[to++] = table[y[i] + greenOfU[cu] + greenOfV[cv]];
    out[to++] = table[y[i] + blue[cu]];
  }
}

/** A box whose size stays: ffmpeg has other arithmetic for that, of 16 bits. */
function convertUnscaled(frame: YuvFrame, box: CropBox, out: Uint8Array): void {
  const { cy, oy, vRed, uBlue, uGreen, vGreen } = colourCoefficients(frame);
  const short = (value: number) => Math.max(-32767, Math.min(32767, (value + 0x8000) >> 16));
  const [yScale, red, blue, greenOfU, greenOfV] = [cy, vRed, uBlue, uGreen, vGreen]
    .map((one) => short(one * 8192));
  const offset = short(oy * 8);
  const strideOfColour = half(frame.width);
  let to = 0;
  for (let row = 0; row < box.height; row++) {
    const line = (box.y + row) * frame.width + box.x;
    const colours = ((box.y >> 1) + (row >> 1)) * strideOfColour + (box.x >> 1);
    for (let i = 0; i < box.width; i++) {
      const y = (((frame.y[line + i] << 3) - offset) * yScale) >> 16;
      const u = (frame.u[colours + (i >> 1)] << 3) - 1024;
      const v = (frame.v[colours + (i >> 1)] << 3) - 1024;
      out[to++] = clip(y + ((v * red) >> 16));
      out[to++] = clip(y + ((u * greenOfU) >> 16) + ((v * greenOfV) >> 16));
      out[to++] = clip(y + ((u * blue) >> 16));
    }
  }
}

/** Scales frames of one size and box; the weights are computed once. */
export class FrameScaler {
  readonly #across: readonly [ScaleFilter, ScaleFilter] | null;
  readonly #down: readonly [ScaleFilter, ScaleFilter] | null;

  /**
   * @param box within the frames
   * @param size side of the result in pixels, even
   */
  constructor(readonly box: CropBox, readonly size: number) {
    const { width, height } = box;
    const unscaled = width === size && height === size;
    const filters = (from: number, colours: number, one: number, align: number) =>
      [
        scaleFilter(from, size, one, align),
        scaleFilter(half(from), colours, one, align),
      ] as const;
    this.#across = unscaled ? null : filters(width, half(size), 1 << 14, 4);
    this.#down = unscaled ? null : filters(height, size, 1 << 12, 1);
  }

  /**
   * The box of a frame as RGB, with the very bytes that ffmpeg's `crop` and `scale=…:flags=bilinear` give.
   *
   * @returns u8 [size, size, 3]
   */
  scale(frame: YuvFrame): Uint8Array {
    const { box, size } = this;
    const out = new Uint8Array(size * size * 3);
    if (!this.#across || !this.#down) {
      convertUnscaled(frame, box, out);
      return out;
    }
    const whole = { ...box, data: frame.y, stride: frame.width };
    const colours = {
      x: box.x >> 1,
      y: box.y >> 1,
      width: half(box.width),
      height: half(box.height),
      stride: half(frame.width),
    };
    const y = scaleAcross(whole, this.#across[0]);
    const u = scaleAcross({ ...colours, data: frame.u }, this.#across[1]);
    const v = scaleAcross({ ...colours, data: frame.v }, this.#across[1]);
    const [light, colour] = this.#down;
    // ffmpeg rounds the mean of two rows down, that of more to the nearest
    const rounding = light.taps === 2 && colour.taps === 2 ? 0 : 1 << 18;
    const shifts = shiftsOf(colourCoefficients(frame));
    const lineOfY = new Int32Array(size);
    const [lineOfU, lineOfV] = [new Int32Array(half(size)), new Int32Array(half(size))];
    for (let row = 0; row < size; row++) {
      scaleDown(y, light, row, lineOfY, rounding);
      scaleDown(u, colour, row, lineOfU, rounding);
      scaleDown(v, colour, row, lineOfV, rounding);
      writeRow(out, row * size * 3, shifts, lineOfY, lineOfU, lineOfV);
    }
    return out;
  }
}
