/** A clip of pixels: T frames of any size. */
export interface PixelClip {
  /** uint8 [T, H, W, 3], 0 to 255, RGB. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** T. */
  readonly frames: number;
  /** H, rows. */
  readonly height: number;
  /** W, columns. */
  readonly width: number;
}

/**
 * Checks that a clip's pixels match its shape.
 *
 * @throws {RangeError} if they do not
 */
export function checkPixelClip({ pixels, frames, height, width }: PixelClip): void {
  const whole = [frames, height, width].every((side) => Number.isInteger(side) && side >= 1);
  if (!whole || pixels.length !== frames * height * width * 3) {
    throw new RangeError(
      `Cannot prepare a clip: pixels must be T·H·W·3 bytes, got ${pixels.length} bytes for ` +
        `T ${frames}, H ${height}, W ${width}`,
    );
  }
}

/** Rounds half to even, as Python and NumPy do. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
