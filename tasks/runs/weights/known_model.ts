import {
  finalEpsilon,
  MODEL_SIZES,
  type ModelFacts,
  modelFacts,
  type ModelSize,
} from "@videoms/models";
import { decoderSizes, encoderSizes } from "../network/model_options.ts";
import { jsonInside } from "./json_inside.ts";
import type { EncoderTask, KnownModel, UnseenFacts } from "./model_types.ts";
import type { OpenedWeights } from "./open_weights.ts";

/** What norms add to the variance where nothing says otherwise. */
export const USUAL_EPSILON = 1e-6;

const UNSEEN: UnseenFacts = {
  heads: null,
  decoderHeads: null,
  imageSize: null,
  frames: null,
  normEpsilon: null,
  headNormEpsilon: null,
  decoderFinalNormEpsilon: null,
  labels: null,
};

/** What a task says of its model that no tensor's shape tells. */
export function factsOfTask(task: EncoderTask): Omit<UnseenFacts, "labels"> {
  const { imageSize, frames } = task.model;
  const encoder = encoderSizes(task.model);
  const decoder = task.kind === "pretrain" ? decoderSizes(task.model) : null;
  return {
    heads: encoder.heads,
    decoderHeads: decoder?.heads ?? null,
    imageSize,
    frames,
    normEpsilon: encoder.normEpsilon ?? USUAL_EPSILON,
    headNormEpsilon: task.kind === "finetune" ? finalEpsilon(encoder) ?? USUAL_EPSILON : null,
    decoderFinalNormEpsilon: decoder && (finalEpsilon(decoder) ?? USUAL_EPSILON),
  };
}

/** Those facts of a checkpoint's metadata that have values as they should be. */
function factsInside(json: unknown): Partial<UnseenFacts> {
  if (typeof json !== "object" || json === null) return {};
  return Object.fromEntries(
    Object.entries(json).filter(([fact, value]) =>
      fact === "labels"
        ? Array.isArray(value) && value.every((label) => typeof label === "string")
        : fact in UNSEEN && typeof value === "number" && value > 0
    ),
  );
}

/** The usual size of a width and a depth. */
export function usualSize(
  { width, depth }: Pick<ModelFacts, "width" | "depth">,
): [string, ModelSize] | undefined {
  return Object.entries(MODEL_SIZES).find(([, size]) =>
    size.width === width && size.depth === depth
  );
}

/**
 * What is known of the model of a set of weights: from the shapes of its tensors, and from the task,
 * the `config.json` or the metadata beside them.
 *
 * Norms of which nothing tells are taken to be like those of the blocks.
 *
 * @throws {RangeError} if the tensors are none of a video transformer
 */
export function knownModel(weights: OpenedWeights): KnownModel {
  const { tensors, task, config, metadata, path } = weights;
  const noted = factsInside(jsonInside(metadata, "model", path));
  const told = task ? factsOfTask(task) : config;
  try {
    return { ...UNSEEN, ...noted, ...told, ...modelFacts(tensors) };
  } catch (error) {
    if (error instanceof Error) error.message += ` (${path})`;
    throw error;
  }
}
