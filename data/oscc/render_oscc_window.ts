import { type RandomStream, randomStream } from "@videoms/core/plain";
import { drawShape } from "../shapes/draw_shape.ts";
import { type Pose, SHAPE_CLASSES, shapePoses } from "../shapes/motion.ts";
import { OUTLINES } from "../shapes/outline.ts";
import { MATERIALS, materialTexture, type Texture, type Tone } from "../shapes/texture.ts";

/** A window to draw. */
export interface OsccShapesWindow {
  /** Side of the frames in pixels. */
  size: number;
  /** Number of frames. */
  frames: number;
  /** Seed of the data set. */
  seed: number;
  /** Index of the video. */
  video: number;
  /** Index of the window in its video. */
  window: number;
  /** Whether the shape's state changes. */
  stateChange: boolean;
}

/** The state of a shape. */
interface State {
  /** Index into {@linkcode OUTLINES}. */
  outline: number;
  /** Index into {@linkcode MATERIALS}. */
  material: number;
  /** 1, or 2 for a shape in two halves. */
  pieces: number;
}

const MOVING_CLASSES = SHAPE_CLASSES.filter((name) => name !== "still");

function streamOf({ seed, video, window }: OsccShapesWindow): RandomStream {
  return randomStream(seed, "oscc-shapes", video, window);
}

/** The first frame of the new state, near the middle of the window. */
export function stateChangeFrame(window: OsccShapesWindow): number {
  const moment = 0.3 + 0.4 * streamOf(window).child("moment").uniform();
  return Math.max(1, Math.floor(moment * window.frames));
}

/**
 * Draws a window: a textured shape moves over a textured background; in a window with a state change its
 * outline or material changes, or it is split or joined. States before and after have the same distribution,
 * so that no single frame reveals a change; up to the change a window is the same as without one.
 *
 * @returns uint8 RGB pixels [T, H, W, 3]
 */
export function renderOsccWindow(window: OsccShapesWindow): Uint8Array<ArrayBuffer> {
  const { size, frames, seed, stateChange } = window;
  const random = streamOf(window);
  const [skinTone, groundTone]: [Tone, Tone] = random.uniform() < 0.5
    ? ["bright", "dark"]
    : ["dark", "bright"];
  const ground = materialTexture(size, {
    seed,
    tone: groundTone,
    number: random.integer(MATERIALS),
  });
  const before: State = {
    outline: random.integer(OUTLINES.length),
    material: random.integer(MATERIALS),
    pieces: 1 + random.integer(2),
  };
  const after = changed(before, random.child("change"));
  const [skinBefore, skinAfter] = [before, after].map(({ material }) =>
    materialTexture(size, { seed, tone: skinTone, number: material })
  );
  const motion = MOVING_CLASSES[random.integer(MOVING_CLASSES.length)];
  const change = stateChange ? stateChangeFrame(window) : Infinity;
  const still = new Uint8ClampedArray(ground.colours);
  const pixels = new Uint8Array(frames * still.length);
  shapePoses(motion, size, frames, random.child("motion")).forEach((pose, t) => {
    const frame = new Uint8ClampedArray(pixels.buffer, t * still.length, still.length);
    frame.set(still);
    const [state, skin] = t < change ? [before, skinBefore] : [after, skinAfter];
    drawState(frame, ground, skin, state, pose);
  });
  return pixels;
}

/** Another state that differs in one respect. */
function changed(state: State, random: RandomStream): State {
  const other = (value: number, count: number) => (value + 1 + random.integer(count - 1)) % count;
  switch (random.integer(3)) {
    case 0:
      return { ...state, outline: other(state.outline, OUTLINES.length) };
    case 1:
      return { ...state, material: other(state.material, MATERIALS) };
    default:
      return { ...state, pieces: 3 - state.pieces };
  }
}

function drawState(
  frame: Uint8ClampedArray,
  ground: Texture,
  skin: Texture,
  { outline, pieces }: State,
  pose: Pose,
): void {
  const poses = pieces === 1 ? [pose] : [1, -1].map((side) => half(pose, side));
  for (const each of poses) drawShape(frame, ground, skin, OUTLINES[outline], each);
}

/** One of the two halves of a shape, separated along its own axis and rotating with it. */
function half({ x, y, radius, angle }: Pose, side: number): Pose {
  return {
    x: x + side * 0.9 * radius * Math.cos(angle),
    y: y + side * 0.9 * radius * Math.sin(angle),
    radius: 0.7 * radius, // half the area
    angle,
  };
}
