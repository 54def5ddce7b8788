import type { Registry } from "@videoms/core";
import type {
  Backbone,
  MaskedAutoencoderOptions,
  Objective,
  Positions,
  StackOptions,
} from "@videoms/models";
import type { ModelSettings } from "./model_settings.ts";

/** The encoder that a model's settings describe. */
export function encoderOptions(
  { encoder, backbone, positions }: Pick<ModelSettings, "encoder" | "backbone" | "positions">,
  registry: Registry,
): StackOptions {
  return {
    ...encoder,
    backbone: registry.create<Backbone>(backbone),
    positions: registry.create<Positions>(positions),
  };
}

/** The autoencoder that a model's settings describe. */
export function autoencoderOptions(
  model: ModelSettings,
  registry: Registry,
): MaskedAutoencoderOptions {
  const { geometry, decoder, objective } = model;
  const encoder = encoderOptions(model, registry);
  return {
    geometry,
    encoder,
    decoder: { ...decoder, positions: encoder.positions },
    predicted: registry.create<Objective>(objective).values(geometry, encoder.width),
  };
}
