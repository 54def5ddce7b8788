import { type Descriptor, jsonInside, type WeightTensor } from "@videoms/core";
import { MODEL_SIZES, type ModelSize } from "../vit/sizes.ts";
import { type ModelFacts, modelFacts } from "./model_facts.ts";

/** Facts about a model that tensor shapes do not reveal; null if unknown. */
export interface UnseenFacts {
  /** Attention heads of an encoder block. */
  heads: number | null;
  /** Attention heads of a decoder block. */
  decoderHeads: number | null;
  /** Side of the square frames in pixels. */
  imageSize: number | null;
  /** Frames of a clip. */
  frames: number | null;
  /** Epsilon of layer norms. */
  normEpsilon: number | null;
  /** Epsilon of the norm before a head, `fc_norm`. */
  headNormEpsilon: number | null;
  /** Epsilon of the norm after a decoder's blocks, `decoder.norm`. */
  decoderFinalNormEpsilon: number | null;
  /** Names of the classes. */
  labels: readonly string[] | null;
  /** How blocks are told where tokens are. */
  positions: Descriptor<"positions"> | null;
}

/** Everything that is known of the model of a set of weights. */
export type KnownModel = ModelFacts & UnseenFacts;

/** Default epsilon of layer norms. */
export const USUAL_EPSILON = 1e-6;

/**
 * Epsilon of the classifier's `fc_norm` and the decoder's last norm, whatever `layer_norm_eps` says: they use
 * PyTorch's default.
 */
export const LAYER_NORM_DEFAULT = 1e-5;

const UNSEEN: UnseenFacts = {
  heads: null,
  decoderHeads: null,
  imageSize: null,
  frames: null,
  normEpsilon: null,
  headNormEpsilon: null,
  decoderFinalNormEpsilon: null,
  labels: null,
  positions: null,
};

/** The valid facts in a checkpoint's metadata. */
function factsInside(json: unknown): Partial<UnseenFacts> {
  if (typeof json !== "object" || json === null) return {};
  return Object.fromEntries(
    Object.entries(json).filter(([fact, value]) =>
      fact === "labels"
        ? Array.isArray(value) && value.every((label) => typeof label === "string")
        : fact === "positions"
        ? typeof (value as Partial<Descriptor> | null)?.name === "string"
        : fact in UNSEEN && typeof value === "number" && value > 0
    ),
  );
}

/** The usual size with a width and a depth, and its name. */
export function usualSize(
  { width, depth }: Pick<ModelFacts, "width" | "depth">,
): [string, ModelSize] | undefined {
  return Object.entries(MODEL_SIZES).find(([, size]) =>
    size.width === width && size.depth === depth
  );
}

/**
 * Collects what is known of a set of weights' model from tensor shapes, a task or `config.json`, and
 * metadata.
 *
 * @param weights one network's, under PyTorch's names
 * @param given facts from a task or `config.json`, which take precedence over metadata
 * @throws {RangeError} if the tensors are not a video transformer's
 */
export function knownModel(
  { tensors, metadata, path }: {
    readonly tensors: ReadonlyMap<string, WeightTensor>;
    readonly metadata: Readonly<Record<string, string>>;
    readonly path: string;
  },
  given: Partial<UnseenFacts> | null = null,
): KnownModel {
  const noted = factsInside(jsonInside(metadata, "model", path));
  try {
    return { ...UNSEEN, ...noted, ...given, ...modelFacts(tensors) };
  } catch (error) {
    if (error instanceof Error) error.message += ` (${path})`;
    throw error;
  }
}

/** The metadata about a model in a checkpoint, read by {@linkcode knownModel}. */
export function modelMetadata(model: UnseenFacts): Record<string, string> {
  const facts = Object.keys(UNSEEN).map((fact) => [fact, model[fact as keyof UnseenFacts]]);
  return { format: "pt", model: JSON.stringify(Object.fromEntries(facts)) };
}
