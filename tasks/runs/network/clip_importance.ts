import type * as tf from "@tensorflow/tfjs-core";
import { hostRows, tidy } from "@videoms/core";
import { type ImportanceOptions, tokenImportance } from "@videoms/masking";
import type { FrameContext } from "./narrow_frames.ts";

/**
 * Importance [N] of the tokens of each clip, for pictures.
 *
 * @param options as for `tokenImportance`
 * @returns null for clips of one tubelet, whose tokens have nothing to be compared with
 */
export async function clipImportance(
  { model, parameters }: Pick<FrameContext, "model" | "parameters">,
  patches: tf.Tensor3D,
  { distance, first }: ImportanceOptions = { distance: "l2", first: "copy" },
): Promise<Float32Array[] | null> {
  if (model.grid.tubelets < 2) return null;
  const importance = tidy(() =>
    tokenImportance(model.embed(parameters, patches), model.grid, { distance, first })
  );
  try {
    return await hostRows<Float32Array>(importance);
  } finally {
    importance.dispose();
  }
}
