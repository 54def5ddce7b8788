import { type Canvas, type Colour, createCanvas, fillBox } from "./canvas.ts";

const VIDEO: Colour = [208, 208, 204];
const LEFT: Colour = [120, 120, 126];
const KEPT: Colour = [235, 120, 20];
const NOW: Colour = [30, 30, 34];

/** What a timeline marks; frame numbers from 0. */
export interface TimelineMarks {
  /** Candidate frames that were dropped. @default none */
  left?: ArrayLike<number>;
  /** Frames that were kept, drawn over those left. */
  kept: ArrayLike<number>;
  /** The frame that is shown now. @default none */
  now?: number;
}

/** A bar as long as a video: kept frames orange, others that were candidates grey. */
export function timeline(
  videoFrames: number,
  { left = [], kept, now }: TimelineMarks,
  width: number,
  height = 12,
): Canvas {
  const bar = createCanvas(width, height, VIDEO);
  const mark = (frame: number, colour: Colour, from: number) => {
    const start = Math.floor(frame / videoFrames * width);
    const end = Math.floor((frame + 1) / videoFrames * width);
    fillBox(bar, start, from, Math.max(1, end - start), height - from, colour);
  };
  for (const frame of Array.from(left)) mark(frame, LEFT, Math.floor(height / 2));
  for (const frame of Array.from(kept)) mark(frame, KEPT, 0);
  if (now !== undefined) mark(now, NOW, 0);
  return bar;
}
