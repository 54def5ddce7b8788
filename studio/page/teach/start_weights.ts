import {
  memoryBytes,
  readWeightFile,
  type Registry,
  type WeightFile,
  type WeightTensor,
} from "@videoms/core";
import {
  type MaskedAutoencoder,
  maskedAutoencoderSpecs,
  planAutoencoderWeights,
  planClassifierWeights,
  readPlannedValues,
  type VideoClassifier,
  videoClassifierSpecs,
  weightChooser,
  type WeightPlan,
} from "@videoms/models";
import { autoencoderOptions } from "../network/network_options.ts";
import type { ModelSettings } from "../network/model_settings.ts";
import type { StartValues } from "./pretrain_stage.ts";
import type { TeachSettings } from "./teach_settings.ts";

/** Weights that a page goes on from. */
export interface StartWeights {
  /** The file or the run, for messages. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly kind: "pretrain" | "finetune";
  /** Steps behind them. */
  readonly step: number;
  /** Names of their classes; none for a pre-training. */
  readonly classes: readonly string[];
  /** Whether the state of the optimiser is there, so that training goes on where it stopped. */
  readonly goesOn: boolean;
}

function textsIn({ metadata }: WeightFile, name: string): { task: unknown; classes: unknown } {
  try {
    const { task = "null", classes = "[]" } = metadata;
    return { task: JSON.parse(task), classes: JSON.parse(classes) };
  } catch {
    throw new Error(`Cannot load weights ${name}: their metadata must be JSON, got something else`);
  }
}

/**
 * What a file of weights holds.
 *
 * @throws {Error} if it is no checkpoint of VideoMS: a sentence
 */
export async function startWeights(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<StartWeights> {
  const file = await readWeightFile(memoryBytes(bytes, name));
  const { task, classes } = textsIn(file, name);
  const { kind } = (task ?? {}) as { kind?: unknown };
  if (kind !== "pretrain" && kind !== "finetune") {
    throw new Error(
      `Cannot load weights ${name}: they must come from a pre-training or a fine-tuning of VideoMS, got no task in them`,
    );
  }
  return {
    ...{ name, bytes, kind, step: Number(file.metadata.step ?? 0) },
    classes: Array.isArray(classes) ? classes.map(String) : [],
    goesOn: [...file.tensors.keys()].some((tensor) => tensor.startsWith("optimizer.")),
  };
}

/** A network, or what its tensors are planned by. */
type Planned = Pick<MaskedAutoencoder | VideoClassifier, "specs" | "options">;

async function planned(
  { bytes, name }: Pick<StartWeights, "bytes" | "name">,
  { backbone }: Pick<ModelSettings, "backbone">,
  model: Planned,
): Promise<{ plan: WeightPlan; tensors: ReadonlyMap<string, WeightTensor> }> {
  const file = await readWeightFile(memoryBytes(bytes, name));
  const { tensors } = weightChooser(name, {}).weightsOf(file, backbone.name !== "vit");
  try {
    const { specs, options } = model;
    const plan = "classes" in options
      ? planClassifierWeights(tensors, { specs, options })
      : planAutoencoderWeights(tensors, { specs, options });
    return { plan, tensors };
  } catch (error) {
    throw new Error(`${(error as Error).message} (${name})`);
  }
}

/** Values of a network out of weights of the same encoder; none without weights. */
export function valuesFrom(
  weights: Pick<StartWeights, "bytes" | "name"> | null,
  settings: Pick<ModelSettings, "backbone">,
): StartValues<MaskedAutoencoder | VideoClassifier> {
  return async (model) => {
    if (!weights) return new Map();
    const { plan, tensors } = await planned(weights, settings, model);
    const { specs, options: { geometry } } = model;
    return await readPlannedValues(plan, tensors, { specs, geometry });
  };
}

/**
 * Checks that weights are those of the network that a page teaches.
 *
 * @throws {Error} if they are of another one: a sentence
 */
export async function checkStartWeights(
  weights: StartWeights,
  { model, pretrain: { objective } }: TeachSettings,
  registry: Registry,
): Promise<void> {
  const autoencoder = autoencoderOptions({ ...model, objective }, registry);
  const { geometry } = model;
  const { encoder } = autoencoder;
  const classifier = { geometry, encoder, classes: Math.max(2, weights.classes.length) };
  await planned(
    weights,
    model,
    weights.kind === "pretrain"
      ? { specs: maskedAutoencoderSpecs(autoencoder), options: autoencoder }
      : { specs: videoClassifierSpecs(classifier), options: classifier },
  );
}
