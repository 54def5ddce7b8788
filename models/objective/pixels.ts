import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  definePlugin,
  type Plugin,
  reconstructionLoss,
  tidy,
  valuesPerToken,
} from "@videoms/core";
import { PIXEL_SCALE } from "../patches/patchify.ts";
import {
  predictedPixels,
  reconstructionTargets,
  TARGET_NORMS,
  type TargetNorm,
} from "../patches/targets.ts";
import type { Objective } from "./objective.ts";

/** All frames of a token, or every second one starting with the first. */
export type PredictedFrames = "all" | "second";

/** Options of {@linkcode pixels}. */
export interface PixelObjectiveOptions {
  /** What target pixels are normalised over. @default "channel" */
  normalize: TargetNorm;
  /** Which frames of a token are predicted. @default "all" */
  frames: PredictedFrames;
}

/** Values of every second frame of tokens: [B, M, P] to [B, M, O]. */
function everySecond(patches: tf.Tensor3D, { tubeletSize }: ClipGeometry): tf.Tensor3D {
  const [batch, tokens, values] = patches.shape;
  return tidy(() => {
    const byFrame = tf.reshape(patches, [batch * tokens, tubeletSize, values / tubeletSize]);
    const frames = tf.range(0, tubeletSize, 2, "int32");
    return tf.reshape(tf.gather(byFrame, frames, 1), [batch, tokens, -1]);
  });
}

function meanSquare(prediction: tf.Tensor3D, wanted: tf.Tensor3D): tf.Scalar {
  return tf.mean(tf.squaredDifference(prediction, wanted));
}

/**
 * Predicts pixels, with the mean squared error as loss.
 *
 * Targets are normalised by the mean and std of each `channel` of each patch (VideoMAE, arXiv 2203.12602, the
 * default), of each `patch` (MAE, arXiv 2111.06377), or not at all (`none`). With `frames: "second"`, every
 * second frame of a token is predicted (MAE on video, arXiv 2205.09113).
 *
 * @example
 * ```ts
 * import { pixels } from "@videoms/models";
 *
 * const clip = { frames: 16, tubeletSize: 2, imageSize: 224, patchSize: 16 };
 * const objective = pixels.create({ normalize: "patch", frames: "second" });
 * console.assert(objective.values(clip, 768) === 768);
 * ```
 */
export const pixels: Plugin<"objective", PixelObjectiveOptions, Objective> = definePlugin<
  "objective",
  PixelObjectiveOptions,
  Objective
>({
  kind: "objective",
  name: "pixels",
  summary: "predicts the pixels of target tokens",
  defaults: { normalize: "channel", frames: "all" },
  choices: { normalize: TARGET_NORMS, frames: ["all", "second"] },
  help: {
    normalize: "what target pixels are normalised over: channel (of a patch), patch or none",
    frames: "which frames of a token are predicted: all, or every second one",
  },
  create({ normalize, frames }): Objective {
    const chosen = (patches: tf.Tensor3D, geometry: ClipGeometry) =>
      frames === "all" ? patches : everySecond(patches, geometry);
    return {
      name: "pixels",
      needsFeatures: false,
      values(geometry) {
        const { tubeletSize } = geometry;
        if (frames === "second" && tubeletSize < 2) {
          throw new RangeError(
            "Cannot predict every second frame of a token: model.tubeletSize must be at least 2, " +
              `got ${tubeletSize}`,
          );
        }
        const predicted = frames === "all" ? tubeletSize : Math.ceil(tubeletSize / 2);
        return valuesPerToken(geometry) / tubeletSize * predicted;
      },
      loss(prediction, { patches, geometry }) {
        const wanted = chosen(patches, geometry);
        return normalize === "patch"
          ? meanSquare(prediction, reconstructionTargets(wanted, "patch"))
          : reconstructionLoss(prediction, wanted, PIXEL_SCALE, normalize === "channel");
      },
      picture: {
        needsStatistics: normalize !== "none",
        pixels: (prediction, statistics, geometry) =>
          predictedPixels(prediction, statistics && chosen(statistics, geometry), normalize),
      },
    };
  },
});
