import type { RandomStream } from "@videoms/core";

/** A smooth colour pattern on a square that repeats in both directions. */
export interface Texture {
  /** Rows and columns. */
  readonly side: number;
  /** RGB, [side, side, 3], 0 to 255. */
  readonly colours: Float32Array;
}

/** A way in which a texture varies. */
interface TextureStyle {
  /** Mean colour, 0 to 255 per channel. */
  base: readonly [number, number, number];
  /** How far waves move a channel from the mean. */
  contrast: number;
  /** Waves that the pattern is the sum of. */
  waves: number;
  /** Most periods of a wave along a side. */
  periods: number;
}

/**
 * A texture of a few long waves, each in a colour of its own, so that a small model can learn to
 * continue it. Waves have whole numbers of periods, so the pattern repeats without a seam.
 */
export function makeTexture(side: number, style: TextureStyle, random: RandomStream): Texture {
  const colours = new Float32Array(side * side * 3);
  const waves = Array.from({ length: style.waves }, () => {
    const columns = random.integer(2 * style.periods + 1) - style.periods;
    return {
      columns,
      rows: columns === 0 ? 1 : random.integer(2 * style.periods + 1) - style.periods,
      phase: 2 * Math.PI * random.uniform(),
      colour: [0, 1, 2].map(() => style.contrast * (2 * random.uniform() - 1)),
    };
  });
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = (row * side + column) * 3;
      for (let c = 0; c < 3; c++) colours[at + c] = style.base[c];
      for (const wave of waves) {
        const angle = 2 * Math.PI * (wave.columns * column + wave.rows * row) / side;
        const height = Math.sin(angle + wave.phase);
        for (let c = 0; c < 3; c++) colours[at + c] += height * wave.colour[c];
      }
    }
  }
  return { side, colours };
}

/**
 * Two clearly different base colours: bright for the moving shape and dark for the background or the
 * other way round, of random hue.
 */
export function contrastingBases(
  random: RandomStream,
): [[number, number, number], [number, number, number]] {
  const bright = hueColour(random.uniform(), 180, 50);
  const dark = hueColour(random.uniform(), 75, 40);
  return random.uniform() < 0.5 ? [bright, dark] : [dark, bright];
}

/** A colour around a grey level, `strength` levels towards a hue in [0, 1). */
function hueColour(hue: number, level: number, strength: number): [number, number, number] {
  const channel = (shift: number) => level + strength * Math.cos(2 * Math.PI * (hue + shift));
  return [channel(0), channel(1 / 3), channel(2 / 3)];
}
