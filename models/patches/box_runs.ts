import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";

/** A rectangle of pixels, the same in all frames of a clip. */
export interface Box {
  /** Rows above it. */
  readonly top: number;
  /** Columns left of it. */
  readonly left: number;
  /** Its rows. */
  readonly height: number;
  /** Its columns. */
  readonly width: number;
}

/**
 * The pixels of a box among the patch values [N, P] of a clip, as runs of consecutive values. Runs are in
 * pixel order (frame, row, column, channel), independent of the patch size.
 *
 * @param box within the frame
 * @returns pairs of a run's first value and its length
 * @throws {RangeError} if the box is not in the frame
 */
export function boxRuns(geometry: ClipGeometry, box: Box): Int32Array {
  const { imageSize, patchSize, tubeletSize } = geometry;
  const { tubelets, rows, columns } = tokenGrid(geometry);
  const { top, left, height, width } = box;
  const [bottom, right] = [top + height, left + width];
  const inside = Object.values(box).every((side) => Number.isInteger(side) && side >= 0) &&
    bottom <= imageSize && right <= imageSize;
  if (!inside) {
    throw new RangeError(
      `Cannot read a box of pixels: it must lie in the ${imageSize} × ${imageSize} frame, got ${
        JSON.stringify(box)
      }`,
    );
  }
  const runs: number[] = [];
  const values = valuesPerToken(geometry);
  const lineValues = patchSize * 3;
  for (let tubelet = 0; tubelet < tubelets; tubelet++) {
    for (let frame = 0; frame < tubeletSize; frame++) {
      for (let y = top; y < bottom; y++) {
        const row = Math.floor(y / patchSize);
        const line = frame * patchSize + y % patchSize;
        for (let x = left; x < right;) {
          const column = Math.floor(x / patchSize);
          const end = Math.min(right, (column + 1) * patchSize);
          const token = (tubelet * rows + row) * columns + column;
          runs.push(token * values + line * lineValues + (x % patchSize) * 3, (end - x) * 3);
          x = end;
        }
      }
    }
  }
  return Int32Array.from(runs);
}
