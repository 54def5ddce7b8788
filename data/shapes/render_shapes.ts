import { randomStream } from "@videoms/core/plain";
import { drawShape } from "./draw_shape.ts";
import { SHAPE_CLASSES, shapePoses } from "./motion.ts";
import { OUTLINES } from "./outline.ts";
import { drawMaterial, materialTexture, type Tone } from "./texture.ts";

/** A video of the shapes data set. */
export interface ShapeVideo {
  /** Side of the frames in pixels. */
  size: number;
  /** Number of frames. */
  frames: number;
  /** Seed of the data set. */
  seed: number;
  /** Name of the split, so that splits differ. */
  split: string;
  /** Index of the video in its split; its class is `index` modulo the number of classes. */
  index: number;
  /** Share of the frames in which nothing moves, from 0 to below 1. @default 0 */
  paused?: number;
}

/**
 * Draws a video of the shapes data set: a textured shape moving over a textured background.
 *
 * @returns uint8 RGB pixels [T, H, W, 3]
 */
export function renderShapes(video: ShapeVideo): Uint8Array<ArrayBuffer> {
  const { size, frames, seed, split, index, paused } = video;
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
  shapePoses(shapeClass, size, frames, random, paused).forEach((pose, t) => {
    const frame = new Uint8ClampedArray(pixels.buffer, t * still.length, still.length);
    frame.set(still);
    drawShape(frame, background, skin, outline, pose);
  });
  return pixels;
}
