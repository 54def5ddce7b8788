import type { ClipGeometry, ParameterSpec } from "@videoms/core";
import {
  type HandOverPlan,
  NEVER_TAKEN,
  planWeights,
  type Reasons,
  type StoredShapes,
  storedWeights,
} from "./weight_plan.ts";

/** The masked autoencoder that weights are handed to; a `MaskedAutoencoder` is one. */
export interface AutoencoderReceiver {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** What they look like. */
  readonly options: { readonly geometry: ClipGeometry };
}

const DECODING = /^(decoder\.|encoder_to_decoder\.|mask_token$)/;

const NO_DECODER: Reasons = [[DECODING, "the checkpoint has no decoder"]];
const NO_LAST_NORM: Reasons = [[
  /^norm\./,
  "a classifier has no norm of its tokens",
]];

/**
 * Decides which tensors of a checkpoint a masked autoencoder starts from, by names and shapes alone.
 * From a masked autoencoder it takes everything; from a classifier the encoder, and the decoder and the
 * encoder's last norm start fresh. A decoder is taken whole or must be missing whole.
 *
 * @param average take the running average of the weights
 * @throws {RangeError} that names every tensor that is missing, unknown, stored twice or of another
 * shape
 */
export function planAutoencoderHandOver(
  shapes: StoredShapes,
  { specs, options: { geometry } }: AutoencoderReceiver,
  average = false,
): HandOverPlan {
  const weights = storedWeights(shapes, average);
  const names = [...weights.stored.keys()];
  const hasDecoder = names.some((name) => DECODING.test(name));
  const missing = [
    ...hasDecoder ? [] : NO_DECODER,
    ...names.some((name) => name.startsWith("fc_norm.")) ? NO_LAST_NORM : [],
  ];
  return planWeights(shapes, weights, {
    title: "masked autoencoder",
    specs,
    geometry,
    missing,
    unused: [[/^(fc_norm|head)\./, "pre-training has no head"], ...NEVER_TAKEN],
  });
}
