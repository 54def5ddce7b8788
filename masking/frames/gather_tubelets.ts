/** Options of {@linkcode gatherTubelets}. */
export interface GatherTubeletsOptions {
  /** Candidate frames of each clip, Fc. */
  frames: number;
  /** Frames of one tubelet. */
  tubeletSize: number;
}

/**
 * The frames of the chosen tubelets, clip by clip.
 *
 * @param pixels u8 [B, Fc, H, W, 3], row-major
 * @param chosen for each of the B clips its t tubelets, ascending
 * @returns u8 [B, t · tubeletSize, H, W, 3]
 * @throws {RangeError} if the sizes do not agree or a tubelet is out of range
 * @example
 * ```ts
 * import { gatherTubelets } from "@videoms/masking";
 *
 * const pixels = Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3); // three frames of one pixel
 * const kept = gatherTubelets(pixels, [Int32Array.of(0, 2)], { frames: 3, tubeletSize: 1 });
 * console.assert(kept.join() === "1,1,1,3,3,3");
 * ```
 */
export function gatherTubelets(
  pixels: Uint8Array,
  chosen: readonly Int32Array[],
  { frames, tubeletSize }: GatherTubeletsOptions,
): Uint8Array {
  const candidates = frames / tubeletSize;
  const bytes = pixels.length / (chosen.length * candidates); // of one tubelet
  if (!Number.isInteger(candidates) || !Number.isInteger(bytes)) {
    throw new RangeError(
      `Cannot run frame selection: pixels must hold ${chosen.length} clips of ${frames} frames in ` +
        `tubelets of ${tubeletSize}, got ${pixels.length} bytes`,
    );
  }
  const kept = chosen[0].length;
  const gathered = new Uint8Array(chosen.length * kept * bytes);
  chosen.forEach((tubelets, b) => {
    if (tubelets.length !== kept || tubelets.some((it) => it < 0 || it >= candidates)) {
      throw new RangeError(
        `Cannot run frame selection: each clip must keep ${kept} of ${candidates} tubelets, ` +
          `got ${tubelets.join(", ")} for clip ${b}`,
      );
    }
    tubelets.forEach((it, i) => {
      const from = (b * candidates + it) * bytes;
      gathered.set(pixels.subarray(from, from + bytes), (b * kept + i) * bytes);
    });
  });
  return gathered;
}
