import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";

/** A rectangle of pixels, the same in all frames of a clip. */
export interface Box {
  /** First row. */
  top: number;
  /** The row after the last. */
  bottom: number;
  /** First column. */
  left: number;
  /** The column after the last. */
  right: number;
}

/**
 * Where the pixels of a box lie among the patch values [N, P] of a clip: runs of neighbouring values, by
 * frame, row and column as far as the order of tokens allows.
 *
 * @param box within the frame
 * @returns pairs of a run's first value and its length
 * @throws {RangeError} if the box is not in the frame
 */
export function boxRuns(geometry: ClipGeometry, box: Box): Int32Array {
  const { imageSize, patchSize, tubeletSize } = geometry;
  const { tubelets, rows, columns } = tokenGrid(geometry);
  const { top, bottom, left, right } = box;
  const inside = top >= 0 && left >= 0 && bottom <= imageSize && right <= imageSize &&
    top <= bottom && left <= right;
  if (!inside) {
    throw new RangeError(
      `Cannot find the pixels of a box: it must lie in the ${imageSize} × ${imageSize} frame, got ${
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
