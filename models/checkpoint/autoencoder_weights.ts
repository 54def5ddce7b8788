import type { ClipGeometry, ParameterSpec } from "@videoms/core";
import { isDecoding } from "./tensor_names.ts";
import {
  NEVER_LOADED,
  planWeights,
  type Reasons,
  type StoredShapes,
  storedWeights,
  type WeightPlan,
} from "./weight_plan.ts";

/** The masked autoencoder that weights are loaded into; a `MaskedAutoencoder` is one. */
export interface AutoencoderReceiver {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** What they look like. */
  readonly options: { readonly geometry: ClipGeometry };
}

const NO_DECODER: Reasons = [
  [/^(decoder\.|encoder_to_decoder\.|mask_token$)/, "the checkpoint has no decoder"],
];
const NO_LAST_NORM: Reasons = [[
  /^norm\./,
  "a classifier has no norm of its tokens",
]];

/**
 * Decides which tensors of a checkpoint a masked autoencoder starts from, by names and shapes alone.
 * From a masked autoencoder it loads everything; from a classifier the encoder, and the decoder and the
 * encoder's final norm are newly initialised. A decoder is loaded whole or must be missing whole.
 *
 * @param shapes one network's, as `networkWeights` gives them
 * @throws {RangeError} that names every tensor that is missing, unknown or of another shape
 */
export function planAutoencoderWeights(
  shapes: StoredShapes,
  { specs, options: { geometry } }: AutoencoderReceiver,
): WeightPlan {
  const weights = storedWeights(shapes);
  const names = [...weights.stored.keys()];
  const missing = [
    ...names.some(isDecoding) ? [] : NO_DECODER,
    ...names.some((name) => name.startsWith("fc_norm.")) ? NO_LAST_NORM : [],
  ];
  return planWeights(shapes, weights, {
    title: "masked autoencoder",
    specs,
    geometry,
    missing,
    unused: [[/^(fc_norm|head)\./, "pre-training has no head"], ...NEVER_LOADED],
  });
}
