import type { EncoderNetwork } from "./pytorch_layout.ts";

/**
 * A tensor's name without what wrappers and the autoencoder put before it: as a classifier would
 * have it.
 */
export function bareName(name: string): string {
  return name.replace(/^module\./, "").replace(/^(backbone|encoder)\./, "");
}

const DECODING = /^(decoder\.|encoder_to_decoder\.|mask_token$)/;

/**
 * The network that tensors of these bare names come from. An encoder by itself counts as that of a
 * masked autoencoder if it ends with the norm that only that one has.
 */
export function networkOf(bareNames: Iterable<string>): EncoderNetwork {
  const names = [...bareNames];
  if (names.some((name) => DECODING.test(name))) return "pretrain";
  const hasHead = names.some((name) => /^(fc_norm|head)\./.test(name));
  return !hasHead && names.includes("norm.weight") ? "pretrain" : "classifier";
}

/** A bare name as PyTorch has it in a network. */
export function fullName(bare: string, network: EncoderNetwork): string {
  return network === "classifier" || DECODING.test(bare) ? bare : `encoder.${bare}`;
}
