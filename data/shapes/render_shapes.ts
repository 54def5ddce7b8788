import { randomStream } from "@videoms/core/plain";
import { drawShape } from "./draw_shape.ts";
import { type Pose, SHAPE_CLASSES, type ShapeClass, shapePoses } from "./motion.ts";
import { type Outline, OUTLINES } from "./outline.ts";
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

/** What is drawn in a video. */
interface ShapeScene {
  readonly shapeClass: ShapeClass;
  /** Whether the shape is bright on a dark ground, or the reverse. */
  readonly isBright: boolean;
  /** Numbers of the materials. */
  readonly ground: number;
  readonly skin: number;
  readonly outline: Outline;
  readonly poses: readonly Pose[];
}

/** Draws all that is random of a video, in the order in which it always was. */
function sceneOf({ size, frames, seed, split, index, paused }: ShapeVideo): ShapeScene {
  const random = randomStream(seed, "shapes", split, index);
  const shapeClass = SHAPE_CLASSES[index % SHAPE_CLASSES.length];
  // One is bright, the other dark, so that the shape stands out.
  const isBright = random.uniform() < 0.5;
  const [ground, skin] = [drawMaterial(random), drawMaterial(random)];
  const outline = OUTLINES[random.integer(OUTLINES.length)];
  const poses = shapePoses(shapeClass, size, frames, random, paused);
  return { shapeClass, isBright, ground, skin, outline, poses };
}

/**
 * Draws a video of the shapes data set: a textured shape moving over a textured background.
 *
 * @returns uint8 RGB pixels [T, H, W, 3]
 */
export function renderShapes(video: ShapeVideo): Uint8Array<ArrayBuffer> {
  const { size, frames, seed } = video;
  const scene = sceneOf(video);
  const [shapeTone, groundTone]: [Tone, Tone] = scene.isBright
    ? ["bright", "dark"]
    : ["dark", "bright"];
  const background = materialTexture(size, { seed, tone: groundTone, number: scene.ground });
  const skin = materialTexture(size, { seed, tone: shapeTone, number: scene.skin });
  const still = new Uint8ClampedArray(background.colours);
  const pixels = new Uint8Array(frames * still.length);
  scene.poses.forEach((pose, t) => {
    const frame = new Uint8ClampedArray(pixels.buffer, t * still.length, still.length);
    frame.set(still);
    drawShape(frame, background, skin, scene.outline, pose);
  });
  return pixels;
}

/** Names of what can be there or not in a video of shapes. */
export const SHAPE_ATTRIBUTES = ["travels", "turns", "zooms", "bright", "large"] as const;

/** Half the size of a large shape, as a share of the side: half of all shapes begin larger. */
const LARGE = 5 / 24;

/** The attributes of a video, 1 or 0 for each of {@linkcode SHAPE_ATTRIBUTES}. */
export function shapeAttributes(video: ShapeVideo): number[] {
  const { shapeClass, isBright, poses } = sceneOf(video);
  const isOneOf = (...classes: ShapeClass[]) => classes.includes(shapeClass);
  return [
    isOneOf("left", "right", "up", "down"),
    isOneOf("clockwise", "counterclockwise"),
    isOneOf("zoom-in", "zoom-out"),
    isBright,
    poses[0].radius > LARGE * video.size,
  ].map(Number);
}

/** Points around a shape that its speed is measured at. */
const POINTS = 8;

/**
 * How quickly a shape moves: the mean way from frame to frame of points around it, in percent of the side of the frame.
 * Turning and growing count as well as travelling; 0 for a shape that is still.
 */
export function shapeSpeed(video: ShapeVideo): number {
  const { poses } = sceneOf(video);
  const pointOf = ({ x, y, radius, angle }: Pose, i: number): [number, number] => {
    const way = angle + 2 * Math.PI * i / POINTS;
    return [x + radius * Math.cos(way), y + radius * Math.sin(way)];
  };
  let sum = 0;
  for (let t = 1; t < poses.length; t++) {
    for (let i = 0; i < POINTS; i++) {
      const [[x, y], [lastX, lastY]] = [pointOf(poses[t], i), pointOf(poses[t - 1], i)];
      sum += Math.hypot(x - lastX, y - lastY);
    }
  }
  return 100 * sum / (video.size * POINTS * Math.max(1, poses.length - 1));
}
