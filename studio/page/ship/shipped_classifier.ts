import {
  type Device,
  memoryBytes,
  type Parameters,
  readWeightFile,
  type Registry,
} from "@videoms/core";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import { storedParameters, VideoClassifier } from "@videoms/models";
import type { ClassifierContext } from "../classify/mod.ts";
import type { OnDevice } from "../engine/engine_work.ts";
import { encoderOptions } from "../network/network_options.ts";
import type { ShipSettings } from "./ship_settings.ts";

/** The classifier of a page, on a device. */
export interface ShippedClassifier extends ClassifierContext, OnDevice {
  readonly parameters: Parameters;
}

/**
 * Makes the classifier of a page.
 *
 * @param weights the bytes of `weights.safetensors`
 * @throws {Error} if they are not the weights of such a network
 */
export async function shippedClassifier(
  { model: settings, classes, frames, tokens }: ShipSettings,
  weights: Uint8Array<ArrayBuffer>,
  registry: Registry,
  device: Device,
): Promise<ShippedClassifier> {
  const path = "weights.safetensors";
  const { tensors } = await readWeightFile(memoryBytes(weights, path));
  const model = new VideoClassifier({
    geometry: settings.geometry,
    encoder: encoderOptions(settings, registry),
    classes: classes.length,
  });
  try {
    const parameters = await storedParameters(
      { network: "classifier", model, tensors, path },
      "load weights",
    );
    return {
      model,
      parameters,
      selector: registry.create<FrameSelector>(frames),
      tokens: registry.create<TokenSelection>(tokens),
      device,
      [Symbol.dispose]() {
        parameters.dispose();
        model.dispose();
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
