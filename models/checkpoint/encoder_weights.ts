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

/** An encoder that weights are loaded into, such as a `VideoEncoder`. */
export interface EncoderReceiver {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** Its architecture. */
  readonly options: { readonly geometry: ClipGeometry; readonly network: EncoderNetwork };
}

/** What a frozen encoder ignores, by the network that it was trained in. */
const UNUSED: Readonly<Record<EncoderNetwork, Reasons>> = {
  pretrain: DECODER_IS_UNUSED,
  classifier: [[/^head\./, "features are taken before the head"]],
};

/**
 * Plans which tensors of a checkpoint a frozen encoder loads: the encoder must be complete; only the decoder
 * of a masked autoencoder or the head of a classifier is ignored.
 *
 * @param shapes one network's tensors, from `networkWeights`
 * @throws {RangeError} naming every tensor that is missing, unknown or of another shape
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
