import { type RandomStream, randomStream } from "@videoms/core/plain";

/** A smooth colour pattern on a square. */
export interface Texture {
  /** Rows and columns. */
  readonly side: number;
  /** RGB, [side, side, 3], 0 to 255. */
  readonly colours: Float32Array;
}

/** Whether a texture is bright or dark overall. */
export type Tone = "bright" | "dark";

/**
 * A texture shared by many videos of a data set, like grass or skin in real ones: what a model learns about
 * it in one video helps in others, including held-out ones.
 */
export interface Material {
  /** Seed of the data set. */
  seed: number;
  tone: Tone;
  /** Index into the {@linkcode MATERIALS} of its tone. */
  number: number;
}

/** Number of materials per tone. */
export const MATERIALS = 6;

/** Change of a channel by a material's gradient from the centre to an edge. */
const SLOPE = [40, 80] as const;
/** Number of waves over the gradient, each with at most one period along a side. */
const WAVES = 2;
/** Maximum amplitude of a wave. */
const WAVE_HEIGHT = 10;
/** Mean grey level and hue strength by tone. */
const TONES = { bright: { level: 165, strength: 40 }, dark: { level: 90, strength: 30 } } as const;

/** Draws the index of a material. */
export function drawMaterial(random: RandomStream): number {
  return random.integer(MATERIALS);
}

/** A function of position that changes the channels in proportion to `colour`. */
interface Layer {
  /** Height at a column and a row, both −1 to 1 from end to end. */
  height: (column: number, row: number) => number;
  /** Levels per unit of height, by channel. */
  colour: number[];
}

function slopeLayer(random: RandomStream): Layer {
  const direction = 2 * Math.PI * random.uniform();
  const [across, down] = [Math.cos(direction), Math.sin(direction)];
  const [least, most] = SLOPE;
  const level = () => (least + (most - least) * random.uniform()) * (random.integer(2) ? 1 : -1);
  return {
    height: (column, row) => across * column + down * row,
    colour: [level(), level(), level()],
  };
}

function waveLayer(random: RandomStream): Layer {
  const columns = random.integer(3) - 1;
  const rows = columns === 0 ? 1 : random.integer(3) - 1;
  const phase = 2 * Math.PI * random.uniform();
  return {
    height: (column, row) => Math.sin(Math.PI * (columns * column + rows * row) + phase),
    colour: [0, 1, 2].map(() => WAVE_HEIGHT * (2 * random.uniform() - 1)),
  };
}

/**
 * The texture of a material: a gradient and a few long waves in different colours, smooth enough for a small
 * model to learn in minutes.
 */
export function materialTexture(side: number, { seed, tone, number }: Material): Texture {
  const random = randomStream(seed, "shapes", "material", tone, number);
  const { level, strength } = TONES[tone];
  const base = hueColour(random.uniform(), level, strength);
  const waves = Array.from({ length: WAVES }, () => waveLayer(random));
  const layers = [slopeLayer(random), ...waves];
  const colours = new Float32Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = (row * side + column) * 3;
      for (let c = 0; c < 3; c++) colours[at + c] = base[c];
      for (const { height, colour } of layers) {
        const here = height(2 * column / side - 1, 2 * row / side - 1);
        for (let c = 0; c < 3; c++) colours[at + c] += here * colour[c];
      }
    }
  }
  return { side, colours };
}

/** A colour around a grey level, `strength` levels towards a hue in [0, 1). */
function hueColour(hue: number, level: number, strength: number): [number, number, number] {
  const channel = (shift: number) => level + strength * Math.cos(2 * Math.PI * (hue + shift));
  return [channel(0), channel(1 / 3), channel(2 / 3)];
}
