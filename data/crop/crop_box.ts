/** A box of pixels in a frame. */
export interface CropBox {
  /** Columns left of the box. */
  readonly x: number;
  /** Rows above the box. */
  readonly y: number;
  /** Columns of the box. */
  readonly width: number;
  /** Rows of the box. */
  readonly height: number;
}

/** Displayed size of a frame in pixels, after rotation. */
export interface FrameSize {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * The largest centred square of a frame.
 *
 * @example
 * ```ts
 * import { centreCrop } from "@videoms/data";
 *
 * console.assert(JSON.stringify(centreCrop({ width: 320, height: 240 })) ===
 *   '{"x":40,"y":0,"width":240,"height":240}');
 * ```
 */
export function centreCrop({ width, height }: FrameSize): CropBox {
  const side = Math.min(width, height);
  return {
    x: Math.floor((width - side) / 2),
    y: Math.floor((height - side) / 2),
    width: side,
    height: side,
  };
}
