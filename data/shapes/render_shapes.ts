import { randomStream } from "@videoms/core";
import { type Pose, SHAPE_CLASSES, shapePoses } from "./motion.ts";
import { type Outline, OUTLINES } from "./outline.ts";
import { drawMaterial, materialTexture, type Texture, type Tone } from "./texture.ts";

/** Which video of the shapes data set to draw. */
export interface ShapeVideo {
  /** Side of the frames in pixels. */
  size: number;
  /** Number of frames. */
  frames: number;
  /** Seed of the data set. */
  seed: number;
  /** Name of the split, so that splits share no video. */
  split: string;
  /** Number of the video in its split; its class is `index` modulo the number of classes. */
  index: number;
}

/**
 * Draws a video of the shapes data set: a textured shape that moves over a textured background.
 *
 * @returns uint8 RGB pixels [T, H, W, 3]
 * @example
 * ```ts
 * import { renderShapes } from "@videoms/data";
 *
 * const pixels = renderShapes({ size: 32, frames: 4, seed: 0, split: "train", index: 8 });
 * console.assert(pixels.length === 4 * 32 * 32 * 3);
 * ```
 */
export function renderShapes(video: ShapeVideo): Uint8Array<ArrayBuffer> {
  const { size, frames, seed, split, index } = video;
  const random = randomStream(seed, "shapes", split, index);
  // One is bright, the other dark, so that the shape stands out.
  const [shapeTone, groundTone]: [Tone, Tone] = random.uniform() < 0.5
    ? ["bright", "dark"]
    : ["dark", "bright"];
  const background = materialTexture(size, {
    seed,
    tone: groundTone,
    number: drawMaterial(random),
  });
  const skin = materialTexture(size, { seed, tone: shapeTone, number: drawMaterial(random) });
  const outline = OUTLINES[random.integer(OUTLINES.length)];
  const shapeClass = SHAPE_CLASSES[index % SHAPE_CLASSES.length];
  const still = new Uint8ClampedArray(background.colours);
  const pixels = new Uint8Array(frames * still.length);
  shapePoses(shapeClass, size, frames, random).forEach((pose, t) => {
    const frame = new Uint8ClampedArray(pixels.buffer, t * still.length, still.length);
    frame.set(still);
    drawShape(frame, background, skin, outline, pose);
  });
  return pixels;
}

/**
 * Draws a shape into a frame [H, W, 3] that wraps around at its edges. The edge of the shape is blended
 * over one pixel; its skin turns and grows with it.
 */
function drawShape(
  frame: Uint8ClampedArray,
  background: Texture,
  skin: Texture,
  outline: Outline,
  { x, y, radius, angle }: Pose,
): void {
  const { side } = background;
  const cos = Math.cos(angle) / radius;
  const sin = Math.sin(angle) / radius;
  // A square of corner distance √2·radius holds the shape however it is turned; never twice a pixel.
  const reach = Math.min(side / 2, Math.SQRT2 * radius + 1);
  const firstRow = Math.ceil(y - reach);
  const firstColumn = Math.ceil(x - reach);
  const count = Math.min(side, Math.floor(2 * reach));
  for (let i = 0; i < count; i++) {
    const down = firstRow + i - y;
    const rowStart = wrap(firstRow + i, side) * side;
    for (let j = 0; j < count; j++) {
      const across = firstColumn + j - x;
      const u = across * cos + down * sin; // the point as the unturned shape of half size 1 has it
      const v = down * cos - across * sin;
      const cover = 0.5 - outline(u, v) * radius;
      if (cover <= 0) continue;
      const alpha = Math.min(1, cover);
      const at = (rowStart + wrap(firstColumn + j, side)) * 3;
      const from = skinAt(skin, u, v);
      for (let c = 0; c < 3; c++) {
        const ground = background.colours[at + c];
        frame[at + c] = ground + alpha * (skin.colours[from + c] - ground);
      }
    }
  }
}

/** Place of the skin's colour at a point of the shape; the skin covers −1.5 to 1.5 both ways. */
function skinAt({ side }: Texture, u: number, v: number): number {
  const column = wrap(Math.round((u / 3 + 0.5) * side), side);
  const row = wrap(Math.round((v / 3 + 0.5) * side), side);
  return (row * side + column) * 3;
}

function wrap(value: number, side: number): number {
  const rest = value % side;
  return rest < 0 ? rest + side : rest;
}
