import type { PixelClip } from "@videoms/data/plain";

/** A clip that a page teaches with, decoded once. */
export interface TaughtClip {
  readonly id: number;
  /** Class, from 0. */
  readonly label: number;
  /** Frames spread over the whole clip, of which training draws some. */
  readonly candidates: PixelClip;
  /** The frames by which commands test it, u8 [F, S, S, 3]. */
  readonly tested: Uint8Array;
}

/** Every so many clips of a class one is held out, beginning with the second. */
export const HELD_OUT_EVERY = 4;

/** What files of an earlier session are called by, so that clips which were held out stay so. */
const SAVED_NAME = /^(train|held-out)-\d+-/;

/**
 * Whether a clip is held out: as its name says that an earlier session saved it by, else by its place.
 *
 * @param place among the clips of its class as they were added, from 0
 */
export function isHeldOut(name: string, place: number): boolean {
  const [, list] = SAVED_NAME.exec(name) ?? [];
  return list ? list === "held-out" : place % HELD_OUT_EVERY === 1;
}

/** The name that a clip is saved by: its number keeps names apart, and lists have blanks before the label. */
export function savedName(clip: { id: number; name: string; isHeldOut: boolean }): string {
  const own = clip.name.replace(SAVED_NAME, "").replaceAll(/[^\w.-]/g, "_");
  return `${clip.isHeldOut ? "held-out" : "train"}-${clip.id}-${own}`;
}
