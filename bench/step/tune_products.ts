import { type Device, gemmTuning } from "@videoms/core";

/**
 * Measures the tiles of the matrix products that were met so far, as a training run does after its first
 * step; on a software GPU, where runs do not either, nothing is done.
 */
export async function tuneProducts({ queue, adapter }: Device): Promise<void> {
  if (queue && !adapter?.software) await gemmTuning(queue).tune();
}
