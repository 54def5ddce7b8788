import type { ParameterSpec } from "@videoms/core";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";
import { pytorchShape, type PyTorchTensor } from "./pytorch_layout.ts";
import {
  bareSpecs,
  DECODER_IS_UNUSED,
  type HandOverPlan,
  type HandOverReport,
  NEVER_TAKEN,
  plannedValues,
  planWeights,
  type Reasons,
  type Receiver,
  refuseTensors,
  type StoredShapes,
  type StoredWeights,
  storedWeights,
} from "./weight_plan.ts";

/** How a classifier starts from a checkpoint. */
export interface HandOverOptions {
  /**
   * Start the norm before the head from the encoder's final norm, where the checkpoint has no norm
   * of a head; otherwise that norm starts fresh. @default false
   */
  initNormFromEncoder?: boolean;
  /** Take the running average of the weights, which our own checkpoints may hold. @default false */
  average?: boolean;
}

/** The classifier that weights are handed to; a `VideoClassifier` is one. */
export interface HandOverModel {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** What they look like. */
  readonly options: Pick<VideoClassifierOptions, "geometry">;
}

const HEAD = /^head\./;

const PRETRAINING_HAS_NO_HEAD: Reasons = [
  [/^fc_norm\./, "pre-training has no head"],
  [HEAD, "pre-training has no head"],
];

const OTHER_HEAD: Reasons = [[HEAD, "a head for other classes"]];

/** Takes out the whole head if a part of it has another shape than the model's. */
function dropOtherHead(
  { stored, unused }: StoredWeights,
  shapes: StoredShapes,
  { specs, options: { geometry } }: HandOverModel,
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
    unused.push({ name, reason: OTHER_HEAD[0][1] });
  }
  return head.map(([, name]) => name);
}

/** Lets the encoder's final norm stand in for the norm of a head that the checkpoint lacks. */
function renameEncoderNorm({ stored }: StoredWeights): void {
  for (const part of ["weight", "bias"]) {
    if (stored.has(`fc_norm.${part}`)) continue;
    const name = stored.get(`norm.${part}`);
    if (name === undefined) {
      throw refuseTensors("initNormFromEncoder needs the encoder's final norm", [
        `no norm.${part}`,
      ]);
    }
    stored.delete(`norm.${part}`);
    stored.set(`fc_norm.${part}`, name);
  }
}

/**
 * Decides which tensors of a checkpoint a classifier starts from, by names and shapes alone. The
 * checkpoint may be one of a masked autoencoder or of a classifier, and names may begin with
 * `module.`, `backbone.` or `encoder.`. The decoder and the encoder's final norm stay behind, and so
 * does a head for other classes; the head and its norm may start fresh. Nothing else may be missing
 * or left over.
 *
 * @throws {RangeError} that names every tensor that is missing, unknown, stored twice or of another
 * shape
 */
export function planHandOver(
  shapes: StoredShapes,
  model: HandOverModel,
  options: HandOverOptions = {},
): HandOverPlan {
  const { initNormFromEncoder = false, average = false } = options;
  const weights = storedWeights(shapes, average);
  const reshaped = dropOtherHead(weights, shapes, model);
  if (initNormFromEncoder) renameEncoderNorm(weights);
  const receiver: Receiver = {
    title: "classifier",
    specs: model.specs,
    geometry: model.options.geometry,
    missing: [...reshaped.length > 0 ? OTHER_HEAD : [], ...PRETRAINING_HAS_NO_HEAD],
    unused: [
      ...DECODER_IS_UNUSED,
      [/^norm\.(weight|bias)$/, "the head has a norm of its own"],
      ...NEVER_TAKEN,
    ],
  };
  return planWeights(shapes, weights, receiver, reshaped);
}

/**
 * The tensors that a classifier starts from, in our layout, out of a checkpoint in PyTorch's; what a
 * report calls missing is not among them. See {@linkcode planHandOver} for the rules.
 *
 * @throws {RangeError} that names every tensor that is missing, unknown, stored twice or of another
 * shape
 * @example
 * ```ts
 * import { initialParameters } from "@videoms/core";
 * import { handOver, maskedAutoencoderSpecs, toPyTorch, videoClassifierSpecs } from "@videoms/models";
 *
 * const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
 * const encoder = { width: 12, depth: 2, heads: 3 };
 * const pretrained = maskedAutoencoderSpecs({ geometry, encoder, decoder: encoder });
 * const checkpoint = toPyTorch(pretrained, initialParameters(pretrained, 0), geometry, "pretrain");
 *
 * const options = { geometry, encoder, classes: 3 };
 * const specs = videoClassifierSpecs(options);
 * const { values, report } = handOver(checkpoint, { specs, options });
 * const start = new Map([...initialParameters(specs, 0), ...values]);
 * console.assert(start.size === specs.length && report.missing.length === 4);
 * ```
 */
export function handOver(
  tensors: ReadonlyMap<string, PyTorchTensor>,
  model: HandOverModel,
  options: HandOverOptions = {},
): { values: Map<string, Float32Array>; report: HandOverReport } {
  const plan = planHandOver(tensors, model, options);
  const receiver = { specs: model.specs, geometry: model.options.geometry };
  return { values: plannedValues(plan, tensors, receiver), report: plan.report };
}
