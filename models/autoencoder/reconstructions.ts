import * as tf from "@tensorflow/tfjs-core";
import { gatherTokens, hostRows, nearestVisible, type Parameters, tidy } from "@videoms/core";
import type { Objective } from "../objective/objective.ts";
import type { MaskedAutoencoder, TokenSets } from "./masked_autoencoder.ts";

/** Target tokens of a batch as pixels. */
export interface Reconstruction {
  /** Lines that say how they came to be. */
  label: string[];
  /** Pixels in [0, 1] of the target tokens of each clip, [M, P]. */
  values: Float32Array[];
}

/**
 * Reconstructions as pixels. Normalised targets leave the brightness and contrast of a patch open, so
 * they are shown once with the true ones and once with those that can be predicted without looking:
 * the ones of the nearest visible token. None for objectives that predict no pixels.
 *
 * @param patches normalised pixels [B, N, P]
 * @param visible the sets' indices on the host, [K] for each clip
 * @param target [M] for each clip
 */
export async function reconstructions(
  { model, parameters, objective: { picture } }: {
    model: MaskedAutoencoder;
    parameters: Parameters;
    objective: Objective;
  },
  patches: tf.Tensor3D,
  sets: TokenSets,
  visible: Int32Array[],
  target: Int32Array[],
): Promise<Reconstruction[]> {
  if (!picture) return [];
  const guesses = visible.map((row, b) => nearestVisible(row, target[b], model.grid));
  const statistics = picture.needsStatistics
    ? [
      { label: ["reconstruction,", "true statistics"], index: target },
      { label: ["reconstruction,", "predicted statistics", "(nearest visible)"], index: guesses },
    ]
    : [{ label: ["reconstruction"], index: null }];
  const result: Reconstruction[] = [];
  for (const { label, index } of statistics) {
    const pixels = tidy(() => {
      const prediction = model.reconstruct(parameters, patches, sets);
      const { geometry } = model.options;
      if (index === null) return picture.pixels(prediction, null, geometry);
      const rows = tf.tensor2d(index.map((row) => [...row]), undefined, "int32");
      return picture.pixels(prediction, gatherTokens(patches, rows), geometry);
    });
    result.push({ label, values: await hostRows<Float32Array>(pixels) });
    pixels.dispose();
  }
  return result;
}
