import type { PixelClip } from "@videoms/data/plain";

/** A clip that a page teaches with, decoded once. */
export interface TaughtClip {
  readonly name: string;
  /** Class, from 0. */
  readonly label: number;
  /** Frames spread over the whole clip, of which training draws some. */
  readonly candidates: PixelClip;
  /** The frames by which commands test it, u8 [F, S, S, 3]. */
  readonly tested: Uint8Array;
}

/** Every so many clips of a class one is held out, beginning with the second. */
export const HELD_OUT_EVERY = 4;

/** Whether a clip is held out, by its place among those of its class, from 0. */
export function isHeldOut(place: number): boolean {
  return place % HELD_OUT_EVERY === 1;
}
