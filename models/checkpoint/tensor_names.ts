import type { EncoderNetwork } from "./pytorch_layout.ts";

/** A tensor's name without what the autoencoder puts before it: as a classifier would have it. */
export function bareName(name: string): string {
  return name.replace(/^encoder\./, "");
}

const DECODING = /^(decoder\.|encoder_to_decoder\.|mask_token$)/;

/** Whether a tensor of this bare name is part of a decoder. */
export function isDecoding(bareName: string): boolean {
  return DECODING.test(bareName);
}

/**
 * The network that tensors of these bare names come from. An encoder by itself counts as that of a
 * masked autoencoder if it ends with the norm that only that one has.
 */
export function networkOf(bareNames: Iterable<string>): EncoderNetwork {
  const names = [...bareNames];
  if (names.some(isDecoding)) return "pretrain";
  const hasHead = names.some((name) => /^(fc_norm|head)\./.test(name));
  return !hasHead && names.includes("norm.weight") ? "pretrain" : "classifier";
}

/** A bare name as PyTorch has it in a network. */
export function fullName(bare: string, network: EncoderNetwork): string {
  return network === "classifier" || isDecoding(bare) ? bare : `encoder.${bare}`;
}
