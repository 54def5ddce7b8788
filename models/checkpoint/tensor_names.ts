import type { EncoderNetwork } from "./pytorch_layout.ts";

/** A tensor's name as in a classifier: without the autoencoder's prefix. */
export function bareName(name: string): string {
  return name.replace(/^encoder\./, "");
}

const DECODING = /^(decoder\.|encoder_to_decoder\.|mask_token$)/;

/** Whether a bare name belongs to the decoder. */
export function isDecoding(bareName: string): boolean {
  return DECODING.test(bareName);
}

/**
 * The network that tensors with these bare names come from. A lone encoder counts as a masked autoencoder's
 * if it has the final norm that only that network has.
 */
export function networkOf(bareNames: Iterable<string>): EncoderNetwork {
  const names = [...bareNames];
  if (names.some(isDecoding)) return "pretrain";
  const hasHead = names.some((name) => /^(fc_norm|head)\./.test(name));
  return !hasHead && names.includes("norm.weight") ? "pretrain" : "classifier";
}

/** A bare name as in a PyTorch network. */
export function fullName(bare: string, network: EncoderNetwork): string {
  return network === "classifier" || isDecoding(bare) ? bare : `encoder.${bare}`;
}
