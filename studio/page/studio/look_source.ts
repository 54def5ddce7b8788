import { memoryBytes, Parameters, readWeightFile, type Registry } from "@videoms/core";
import { motionCentricTokens, type TokenSelection } from "@videoms/masking";
import {
  MaskedAutoencoder,
  type Objective,
  storedParameters,
  VideoClassifier,
} from "@videoms/models";
import { patchModel, type TokenSource } from "../look/mod.ts";
import { autoencoderOptions } from "../network/network_options.ts";
import type { ModelSettings } from "../network/model_settings.ts";
import type { RunSettings } from "./studio_settings.ts";

/** The weights of a page, or raw patches without them. */
export interface PageSource extends TokenSource, Disposable {
  readonly classifier: VideoClassifier | null;
}

function disposeAll(...owned: readonly { dispose(): void }[]): void {
  for (const one of owned) one.dispose();
}

/** Raw patches in place of embeddings. */
function patchSource({ geometry }: ModelSettings): PageSource {
  return {
    model: patchModel(geometry),
    parameters: new Parameters([], new Map()),
    autoencoder: null,
    objective: null,
    tokens: null,
    classifier: null,
    [Symbol.dispose]: () => {},
  };
}

/**
 * What tokens of a page are embedded by.
 *
 * @param weights a safetensors file as runs write them
 * @throws {RangeError} if it does not hold the weights of such a network
 */
export async function pageSource(
  model: ModelSettings,
  run: RunSettings | null,
  weights: Uint8Array<ArrayBuffer> | null,
  registry: Registry,
): Promise<PageSource> {
  if (!run || !weights) return patchSource(model);
  const { tensors } = await readWeightFile(memoryBytes(weights, "weights.safetensors"));
  const stored = { tensors, path: run.name };
  const options = autoencoderOptions(model, registry);
  if (run.kind === "pretrain") {
    const autoencoder = new MaskedAutoencoder(options);
    const network = { ...stored, network: "pretrain", model: autoencoder } as const;
    const parameters = await storedParameters(network, "load weights", run.average);
    return {
      model: autoencoder,
      parameters,
      [Symbol.dispose]: () => disposeAll(parameters, autoencoder),
      autoencoder,
      objective: registry.create<Objective>(model.objective),
      tokens: registry.create<TokenSelection>(motionCentricTokens()),
      classifier: null,
    };
  }
  const { geometry, encoder } = options;
  const { headScale, classes: { length: classes } } = run;
  const classifier = new VideoClassifier({ geometry, encoder, classes, headScale });
  const network = { ...stored, network: "classifier", model: classifier } as const;
  const parameters = await storedParameters(network, "load weights", run.average);
  return {
    model: classifier,
    parameters,
    [Symbol.dispose]: () => disposeAll(parameters, classifier),
    autoencoder: null,
    objective: null,
    tokens: registry.create<TokenSelection>(run.tokens),
    classifier,
  };
}
