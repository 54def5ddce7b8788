import { jsonInside, type WeightTensor } from "@videoms/core";
import { MODEL_SIZES, type ModelSize } from "../vit/sizes.ts";
import { type ModelFacts, modelFacts } from "./model_facts.ts";

/** What no tensor's shape tells of a model; null where nothing else tells it either. */
export interface UnseenFacts {
  /** Attention heads of an encoder block. */
  heads: number | null;
  /** Attention heads of a decoder block. */
  decoderHeads: number | null;
  /** Side of the square frames in pixels. */
  imageSize: number | null;
  /** Frames of a clip. */
  frames: number | null;
  /** Added to the variance in layer norms. */
  normEpsilon: number | null;
  /** The same in the norm before a head, `fc_norm`. */
  headNormEpsilon: number | null;
  /** The same in the norm after a decoder's blocks, `decoder.norm`. */
  decoderFinalNormEpsilon: number | null;
  /** Names of the classes. */
  labels: readonly string[] | null;
}

/** Everything that is known of the model of a set of weights. */
export type KnownModel = ModelFacts & UnseenFacts;

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

/** The usual size of a width and a depth, with its name. */
export function usualSize(
  { width, depth }: Pick<ModelFacts, "width" | "depth">,
): [string, ModelSize] | undefined {
  return Object.entries(MODEL_SIZES).find(([, size]) =>
    size.width === width && size.depth === depth
  );
}

/**
 * What is known of the model of a set of weights: from the shapes of its tensors, from what a task or a
 * `config.json` says, and from the metadata beside them.
 *
 * @param weights one network's, under PyTorch's names
 * @param told what is said beside them, which goes before the metadata
 * @throws {RangeError} if the tensors are none of a video transformer
 */
export function knownModel(
  { tensors, metadata, path }: {
    readonly tensors: ReadonlyMap<string, WeightTensor>;
    readonly metadata: Readonly<Record<string, string>>;
    readonly path: string;
  },
  told: Partial<UnseenFacts> | null = null,
): KnownModel {
  const noted = factsInside(jsonInside(metadata, "model", path));
  try {
    return { ...UNSEEN, ...noted, ...told, ...modelFacts(tensors) };
  } catch (error) {
    if (error instanceof Error) error.message += ` (${path})`;
    throw error;
  }
}

/** What a checkpoint says of its model in its metadata, which {@linkcode knownModel} reads. */
export function modelMetadata(model: UnseenFacts): Record<string, string> {
  const facts = Object.keys(UNSEEN).map((fact) => [fact, model[fact as keyof UnseenFacts]]);
  return { format: "pt", model: JSON.stringify(Object.fromEntries(facts)) };
}
