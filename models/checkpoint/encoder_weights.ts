import type { ClipGeometry, ParameterSpec } from "@videoms/core";
import type { EncoderNetwork } from "./pytorch_layout.ts";
import {
  DECODER_IS_UNUSED,
  NEVER_LOADED,
  planWeights,
  type Reasons,
  type StoredShapes,
  storedWeights,
  type WeightPlan,
} from "./weight_plan.ts";

/** The encoder that weights are loaded into; a `VideoEncoder` is one. */
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

/**
 * Decides which tensors of a checkpoint a frozen encoder consists of: all of the encoder must be
 * there, only the decoder (of a masked autoencoder) or the head (of a classifier) is ignored.
 *
 * @param shapes one network's, as `networkWeights` gives them
 * @throws {RangeError} that names every tensor that is missing, unknown or of another shape
 */
export function planEncoderWeights(
  shapes: StoredShapes,
  { specs, options: { geometry, network } }: EncoderReceiver,
): WeightPlan {
  return planWeights(shapes, storedWeights(shapes), {
    title: "encoder",
    specs,
    geometry,
    missing: [],
    unused: [...UNUSED[network], ...NEVER_LOADED],
  });
}
