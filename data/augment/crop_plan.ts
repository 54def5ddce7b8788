import type { CropBox, FrameSize } from "../crop/crop_box.ts";

/** What of a crop the decoder does, and what is left to do. */
export interface CropPlan {
  /** What the decoder crops from every frame, and the size it is scaled to. */
  readonly decode: { readonly crop: CropBox; readonly size: number | FrameSize };
  /** The box that is then cropped and resized, or null if the decoder did that. */
  readonly box: CropBox | null;
  /** The box of the last frame, where it moves there from `box` in a straight line. @default it does not move */
  readonly boxEnd?: CropBox;
}

/**
 * Plans the crop of a clip.
 *
 * @param size S, side of the finished clip in pixels
 * @param order `fast` leaves to the decoder what it can do
 * @param to the box of the last frame; null if it does not move
 */
export function cropPlan(
  { width, height }: FrameSize,
  size: number,
  order: "reference" | "fast",
  from: CropBox,
  to: CropBox | null,
): CropPlan {
  const whole = { crop: { x: 0, y: 0, width, height }, size: { width, height } };
  if (order === "reference") return { decode: whole, box: from, ...to && { boxEnd: to } };
  if (!to) return { decode: { crop: from, size }, box: null };
  const crop = hull(from, to);
  const shrunk = Math.min(1, size / Math.min(from.width, from.height, to.width, to.height));
  const inside = { width: scaled(crop.width, shrunk), height: scaled(crop.height, shrunk) };
  return {
    decode: { crop, size: inside },
    box: boxWithin(from, crop, inside),
    boxEnd: boxWithin(to, crop, inside),
  };
}

/** The smallest box that holds two. */
function hull(a: CropBox, b: CropBox): CropBox {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  const height = Math.max(a.y + a.height, b.y + b.height) - y;
  return { x, y, width, height };
}

function scaled(length: number, by: number): number {
  return Math.max(1, Math.round(length * by));
}

/** A box of the frame in a crop of it that is resized. */
function boxWithin(box: CropBox, crop: CropBox, { width, height }: FrameSize): CropBox {
  const across = width / crop.width;
  const down = height / crop.height;
  const x = Math.min(width - 1, Math.floor((box.x - crop.x) * across));
  const y = Math.min(height - 1, Math.floor((box.y - crop.y) * down));
  return {
    x,
    y,
    width: Math.min(width - x, scaled(box.width, across)),
    height: Math.min(height - y, scaled(box.height, down)),
  };
}
