import type { ParameterSpec } from "@videoms/core";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";
import { pytorchShape } from "./pytorch_layout.ts";
import {
  bareSpecs,
  DECODER_IS_UNUSED,
  NEVER_LOADED,
  planWeights,
  type Reasons,
  type Receiver,
  refuseTensors,
  type StoredShapes,
  type StoredWeights,
  storedWeights,
  type WeightPlan,
} from "./weight_plan.ts";

/** How a classifier is initialised from a checkpoint. */
export interface ClassifierStart {
  /**
   * Initialise the norm before the head from the encoder's final norm if the checkpoint has no head norm;
   * otherwise it is newly initialised. @default false
   */
  initNormFromEncoder?: boolean;
  /**
   * Load the patch embedding; otherwise it is newly initialised. A pre-training with few steps can leave it dominated by
   * the mean colours of patches, beside which motion and places fade. @default true
   */
  patchEmbedding?: boolean;
}

/** A classifier that weights are loaded into, such as a `VideoClassifier`. */
export interface ClassifierReceiver {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** Its architecture. */
  readonly options: Pick<VideoClassifierOptions, "geometry">;
}

const HEAD = /^head\./;

const NO_HEAD: Reasons = [
  [/^(fc_norm|head)\./, "the checkpoint has no head for mean-pooled tokens"],
];

const PATCH_EMBEDDING = /^patch_embed\./;

const OWN_PATCHES: Reasons = [[PATCH_EMBEDDING, "the patch embedding starts anew"]];

const OTHER_HEAD: Reasons = [[HEAD, "a head for other classes"]];

/** Drops the whole head if any part of its shape differs from the model's. */
function dropOtherHead(
  { stored, unused }: StoredWeights,
  shapes: StoredShapes,
  { specs, options: { geometry } }: ClassifierReceiver,
): string[] {
  const wanted = bareSpecs({ specs });
  const head = [...stored].filter(([bare]) => HEAD.test(bare));
  const fits = head.every(([bare, name]) => {
    const spec = wanted.get(bare);
    return spec && shapes.get(name)!.shape.join() === pytorchShape(spec, geometry).join();
  });
  if (fits) return [];
  for (const [bare, name] of head) {
    stored.delete(bare);
    unused.push({ name, shape: shapes.get(name)!.shape, reason: OTHER_HEAD[0][1] });
  }
  return head.map(([, name]) => name);
}

/** Ignores the patch embedding. */
function dropPatchEmbedding({ stored, unused }: StoredWeights, shapes: StoredShapes): void {
  for (const [bare, name] of [...stored].filter(([bare]) => PATCH_EMBEDDING.test(bare))) {
    stored.delete(bare);
    unused.push({ name, shape: shapes.get(name)!.shape, reason: OWN_PATCHES[0][1] });
  }
}

/** Uses the encoder's final norm as the head norm that the checkpoint lacks. */
function renameEncoderNorm({ stored }: StoredWeights): void {
  for (const part of ["weight", "bias"]) {
    if (stored.has(`fc_norm.${part}`)) continue;
    const name = stored.get(`norm.${part}`);
    if (name === undefined) {
      throw refuseTensors("initNormFromEncoder needs the encoder's final norm", [
        `no "norm.${part}"`,
      ]);
    }
    stored.delete(`norm.${part}`);
    stored.set(`fc_norm.${part}`, name);
  }
}

/**
 * Plans which tensors of a checkpoint a classifier loads, by names and shapes alone. The checkpoint may hold
 * a masked autoencoder or a classifier. The decoder and the encoder's final norm are ignored, as is a head
 * for other classes or for a class token; the head and its norm may be newly initialised. No other tensor may
 * be missing or unused.
 *
 * @param shapes one network's tensors, from `networkWeights`
 * @throws {RangeError} naming every tensor that is missing, unknown or of another shape
 * @example
 * ```ts
 * import { maskedAutoencoderSpecs, planClassifierWeights, pytorchName, pytorchShape, videoClassifierSpecs } from
 *   "@videoms/models";
 *
 * const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
 * const encoder = { width: 12, depth: 2, heads: 3 };
 * const pretrained = maskedAutoencoderSpecs({ geometry, encoder, decoder: encoder });
 * const checkpoint = new Map(pretrained.map((spec) => [
 *   pytorchName(spec.name, "pretrain"),
 *   { shape: pytorchShape(spec, geometry) },
 * ]));
 *
 * const options = { geometry, encoder, classes: 3 };
 * const specs = videoClassifierSpecs(options);
 * const { sources, report } = planClassifierWeights(checkpoint, { specs, options });
 * console.assert(sources.size === specs.length - 4 && report.missing.length === 4);
 * ```
 */
export function planClassifierWeights(
  shapes: StoredShapes,
  model: ClassifierReceiver,
  { initNormFromEncoder = false, patchEmbedding = true }: ClassifierStart = {},
): WeightPlan {
  const weights = storedWeights(shapes);
  const reshaped = dropOtherHead(weights, shapes, model);
  if (initNormFromEncoder) renameEncoderNorm(weights);
  if (!patchEmbedding) dropPatchEmbedding(weights, shapes);
  const receiver: Receiver = {
    title: "classifier",
    specs: model.specs,
    geometry: model.options.geometry,
    missing: [
      ...reshaped.length > 0 ? OTHER_HEAD : [],
      ...patchEmbedding ? [] : OWN_PATCHES,
      ...NO_HEAD,
    ],
    unused: [
      ...DECODER_IS_UNUSED,
      [/^norm\.(weight|bias)$/, "the head has a norm of its own"],
      ...NEVER_LOADED,
    ],
  };
  return planWeights(shapes, weights, receiver, reshaped);
}
