import type { ClipGeometry, ParameterSpec } from "@videoms/core";
import type { EncoderNetwork, PyTorchTensor } from "./pytorch_layout.ts";
import {
  DECODER_IS_UNUSED,
  type HandOverPlan,
  type HandOverReport,
  NEVER_TAKEN,
  plannedValues,
  planWeights,
  type Reasons,
  type Receiver,
  type StoredShapes,
  storedWeights,
} from "./weight_plan.ts";

/** The encoder that weights are handed to; a `VideoEncoder` is one. */
export interface EncoderReceiver {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** What they look like. */
  readonly options: { readonly geometry: ClipGeometry; readonly network: EncoderNetwork };
}

/** What a frozen encoder leaves behind, by the network that it was trained in. */
const UNUSED: Readonly<Record<EncoderNetwork, Reasons>> = {
  pretrain: DECODER_IS_UNUSED,
  classifier: [[/^head\./, "features are what the head sees"]],
};

function receiverOf({ specs, options: { geometry, network } }: EncoderReceiver): Receiver {
  return {
    title: "encoder",
    specs,
    geometry,
    missing: [],
    unused: [...UNUSED[network], ...NEVER_TAKEN],
  };
}

/**
 * Decides which tensors of a checkpoint a frozen encoder consists of: all of the encoder must be
 * there, only the decoder (of a masked autoencoder) or the head (of a classifier) stay behind.
 *
 * @param average take the running average of the weights
 * @throws {RangeError} that names every tensor that is missing, unknown, stored twice or of another
 * shape
 */
export function planEncoderHandOver(
  shapes: StoredShapes,
  encoder: EncoderReceiver,
  average = false,
): HandOverPlan {
  return planWeights(shapes, storedWeights(shapes, average), receiverOf(encoder));
}

/**
 * The tensors of a frozen encoder, in our layout, out of a checkpoint in PyTorch's. See
 * {@linkcode planEncoderHandOver} for the rules.
 *
 * @param average take the running average of the weights
 * @throws {RangeError} that names every tensor that is missing, unknown, stored twice or of another
 * shape
 */
export function handOverEncoder(
  tensors: ReadonlyMap<string, PyTorchTensor>,
  encoder: EncoderReceiver,
  average = false,
): { values: Map<string, Float32Array>; report: HandOverReport } {
  const plan = planEncoderHandOver(tensors, encoder, average);
  return { values: plannedValues(plan, tensors, receiverOf(encoder)), report: plan.report };
}
