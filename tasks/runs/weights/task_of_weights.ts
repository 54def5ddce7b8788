import { allTokens } from "@videoms/masking";
import { defineFinetune } from "../../definition/define_finetune.ts";
import { definePretrain } from "../../definition/define_pretrain.ts";
import { usualSize } from "./known_model.ts";
import type { EncoderTask, KnownModel } from "./model_types.ts";

/**
 * A task with the model of foreign weights, for whoever only looks at their encoder: clips as
 * published where nothing tells their size, every token, no videos.
 *
 * @param path where the weights are, for messages
 * @throws {RangeError} if nothing tells the number of heads
 */
export function taskOfWeights(known: KnownModel, path: string): EncoderTask {
  const heads = known.heads ?? usualSize(known)?.[1].heads;
  if (heads === undefined) {
    throw new RangeError(
      `Cannot open an encoder: the heads of the model in ${path} must be known, got none beside the ` +
        "weights. `deno task convert` with --heads notes them.",
    );
  }
  const { width, depth, mlpRatio, patchSize, tubeletSize } = known;
  const model = {
    width,
    depth,
    heads,
    mlpRatio,
    patchSize,
    tubeletSize,
    imageSize: known.imageSize ?? undefined,
    frames: known.frames ?? undefined,
    normEpsilon: known.normEpsilon ?? undefined,
    layerScale: known.layerScale ? 1 : 0,
  };
  if (known.meanPooling) {
    const { headNormEpsilon } = known;
    return defineFinetune({ model: { ...model, headNormEpsilon }, tokens: allTokens() });
  }
  const { decoderWidth, decoderHeads, decoderFinalNormEpsilon } = known;
  const decoder = { decoderWidth, decoderHeads, decoderFinalNormEpsilon };
  const decoderDepth = known.decoderDepth ?? undefined;
  return definePretrain({ model: { ...model, ...decoder, decoderDepth } });
}
