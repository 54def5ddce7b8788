import type { RandomStream } from "@videoms/core";

/** Classes of the shapes data set, by label. */
export const SHAPE_CLASSES = [
  "left",
  "right",
  "up",
  "down",
  "clockwise",
  "counterclockwise",
  "zoom-in",
  "zoom-out",
  "still",
  "shake",
] as const;

/** Name of a motion. */
export type ShapeClass = typeof SHAPE_CLASSES[number];

/** Pose of a shape in a frame. */
export interface Pose {
  /** Column of the centre in pixels; may lie outside the frame, which wraps around. */
  x: number;
  /** Row of the centre in pixels; may lie outside the frame, which wraps around. */
  y: number;
  /** Half the size in pixels. */
  radius: number;
  /** Rotation in radians, clockwise, since rows count downwards. */
  angle: number;
}

/** Direction of travel by class, columns and rows. */
const DIRECTIONS: Partial<Record<ShapeClass, readonly [number, number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

/** Direction of rotation by class. */
const TURNS: Partial<Record<ShapeClass, number>> = { clockwise: 1, counterclockwise: -1 };

/** Direction of scaling by class. */
const ZOOMS: Partial<Record<ShapeClass, number>> = { "zoom-in": 1, "zoom-out": -1 };

/**
 * The poses of a shape over a video.
 *
 * The first pose has the same distribution for all classes and the frame wraps around at its edges, so a
 * shape's position does not reveal its motion: travelling classes differ only in the order of frames.
 *
 * @param side side of the frames in pixels
 * @param frames number of frames
 * @param paused share of the frames in which nothing moves, from 0 to below 1: the motion is that of a shorter video, and
 * the shape rests before and after it, for times that are drawn
 */
export function shapePoses(
  shapeClass: ShapeClass,
  side: number,
  frames: number,
  random: RandomStream,
  paused = 0,
): Pose[] {
  const moving = Math.max(1, Math.round(frames * (1 - paused)));
  const start = random.child("pause").integer(frames - moving + 1);
  const poses = movingPoses(shapeClass, side, moving, random);
  return Array.from(
    { length: frames },
    (_, frame) => poses[Math.min(Math.max(0, frame - start), moving - 1)],
  );
}

function movingPoses(
  shapeClass: ShapeClass,
  side: number,
  frames: number,
  random: RandomStream,
): Pose[] {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  // All draws are made for every class, so that the class changes only the motion.
  const first: Pose = {
    x: side * random.uniform(),
    y: side * random.uniform(),
    radius: side * between(1 / 6, 1 / 4),
    angle: 2 * Math.PI * random.uniform(),
  };
  const speed = side * between(0.016, 0.028); // 1 to 1.8 pixels a frame at side 64
  const spin = between(0.1, 0.17); // radians a frame
  const growth = between(1.4, 1.8) ** (1 / Math.max(1, frames - 1)); // at most 0.45 of the side
  const shakeWay = 2 * Math.PI * random.uniform();
  const shakePhase = 2 * Math.PI * random.uniform();
  const shakePeriod = between(4, 6); // frames
  const shakeReach = side * between(0.04, 0.06);

  const [dx, dy] = DIRECTIONS[shapeClass] ?? [0, 0];
  const turn = TURNS[shapeClass] ?? 0;
  const zoom = ZOOMS[shapeClass] ?? 0;
  return Array.from({ length: frames }, (_, frame) => {
    const swing = shapeClass === "shake"
      ? shakeReach * Math.sin(shakePhase + 2 * Math.PI * frame / shakePeriod)
      : 0;
    return {
      x: first.x + dx * speed * frame + swing * Math.cos(shakeWay),
      y: first.y + dy * speed * frame + swing * Math.sin(shakeWay),
      radius: first.radius * growth ** (zoom * frame),
      angle: first.angle + turn * spin * frame,
    };
  });
}
