import * as tf from "@tensorflow/tfjs-core";
import { tokenGrid, valuesPerToken } from "@videoms/core";
import { PIXEL_SCALE } from "@videoms/models";
import { formulaPixels } from "../step/formula.ts";
import { cube, matrix, type OpCase, opCase, type OpSizes, sameRows, spread } from "./op_case.ts";

/** What is done with pixels: cutting them into tokens, choosing tokens, the losses. */
export function clipCases({ geometry, batch, tokens, width }: OpSizes): OpCase[] {
  const grid = tokenGrid(geometry);
  const rows = batch * tokens;
  const values = valuesPerToken(geometry);
  const clips = () => formulaPixels(batch, geometry.frames, geometry.imageSize);
  // The most informative tokens are chosen, and every other one of them is a target.
  const chosen = Math.min(2 * tokens, 2 * Math.floor(grid.tokens / 2));
  const roles = Array.from({ length: chosen }, (_, i) => i % 2);
  return [
    opCase(
      "patches of all tokens",
      (k) => [k.pixels(clips())],
      (k, [pixels]) => [k.patches(pixels, batch, geometry, PIXEL_SCALE, null)],
    ),
    opCase(
      "patches of chosen tokens",
      (k) => [k.pixels(clips()), spread(batch, tokens, grid.tokens)],
      (k, [pixels, index]) => [k.patches(pixels, batch, geometry, PIXEL_SCALE, index)],
    ),
    opCase(
      "token distances",
      () => [cube([batch, grid.tokens, width], "x")],
      (k, [x]) => [k.tokenDistances(x, grid.perTubelet, "l2", "copy")],
    ),
    opCase(
      "choice of tokens",
      () => [matrix(batch, grid.tokens, "importance"), sameRows(batch, roles)],
      (k, [importance, roles]) => {
        const { zeros, ones } = k.partitionTokens(importance, true, roles, chosen / 2);
        return [zeros, ones];
      },
    ),
    opCase(
      "reconstruction loss and gradient",
      () => [matrix(rows, values, "prediction"), matrix(rows, values, "patches")],
      (k, [prediction, patches]) => {
        const { loss, dPrediction } = k.reconstructionLoss(prediction, patches, PIXEL_SCALE, true);
        return [loss, dPrediction];
      },
    ),
    opCase(
      "cross-entropy and gradient, 101 classes",
      () => [
        matrix(batch, 101, "logits"),
        tf.tidy(() =>
          tf.cast(sameRows(batch, Array.from({ length: 101 }, (_, c) => +(c === 7))), "float32")
        ),
      ],
      (k, [logits, targets]) => {
        const { loss, dLogits } = k.crossEntropy(logits, targets);
        return [loss, dLogits];
      },
    ),
  ];
}
