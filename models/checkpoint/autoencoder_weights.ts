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

/** A masked autoencoder that weights are loaded into, such as a `MaskedAutoencoder`. */
export interface AutoencoderReceiver {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** Its architecture. */
  readonly options: { readonly geometry: ClipGeometry };
}

const NO_DECODER: Reasons = [
  [/^(decoder\.|encoder_to_decoder\.|mask_token$)/, "the checkpoint has no decoder"],
];
const NO_LAST_NORM: Reasons = [[
  /^norm\./,
  "a classifier has no norm over tokens",
]];

/**
 * Plans which tensors of a checkpoint a masked autoencoder loads, by names and shapes alone. From a masked
 * autoencoder everything is loaded; from a classifier the encoder, while the decoder and the encoder's final
 * norm are newly initialised. A decoder must be present or missing as a whole.
 *
 * @param shapes one network's tensors, from `networkWeights`
 * @throws {RangeError} naming every tensor that is missing, unknown or of another shape
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
