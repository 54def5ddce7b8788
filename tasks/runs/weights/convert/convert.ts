import { dirname, join } from "node:path";
import {
  pytorchFile,
  safetensorsFile,
  sizeOf,
  watchValues,
  type WeightTensor,
} from "@videoms/core";
import {
  formatConfig,
  type KnownModel,
  modelMetadata,
  positionsInWeights,
  toHuggingFace,
  type UnseenFacts,
  type WholeModel,
  wholeModel,
} from "@videoms/models";
import { requireAbsent, writeAtomically } from "@videoms/data/files";
import { modelOf, type OpenedWeights, openWeights } from "../open_weights.ts";

/** Whose names and layouts weights are written in. */
export const LAYOUTS = ["videoms", "pytorch", "hugging-face"] as const;

export type Layout = typeof LAYOUTS[number];

export interface ConvertOptions {
  from: string;
  /** `videoms` and `pytorch` make a file, `hugging-face` a folder. */
  to: Layout;
  out: string;
  force?: boolean;
  /** Take the average of the weights that the source holds. @default false */
  average?: boolean;
  /** What is known of the model beside the weights; the rest is read from what lies beside them. */
  facts?: Partial<UnseenFacts>;
  /** Changes what a file says beside the weights. @default nothing */
  describe?: (metadata: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  /** Stops between tensors; the file at hand does not appear. */
  signal?: AbortSignal;
}

export interface Conversion {
  files: readonly string[];
  tensors: number;
  values: number;
  /** What was left behind or not known, a sentence each. */
  notes: readonly string[];
}

type Tensors = ReadonlyMap<string, WeightTensor>;

/** The same tensors, which are read only as long as nobody stops. */
function stoppable(tensors: Tensors, signal: AbortSignal): Tensors {
  const read = (tensor: WeightTensor) => () => {
    signal.throwIfAborted();
    return tensor.read();
  };
  return new Map([...tensors].map(([name, one]) => [name, { ...one, read: read(one) }]));
}

function metadataOf({ metadata }: OpenedWeights, model: KnownModel): Record<string, string> {
  const { task, step } = metadata;
  return {
    ...modelMetadata(model),
    ...task === undefined ? {} : { task },
    ...step === undefined ? {} : { step },
  };
}

async function writeHuggingFace(
  tensors: Tensors,
  model: WholeModel,
  out: string,
): Promise<string[]> {
  const files = ["model.safetensors", "config.json"].map((name) => join(out, name));
  const [config, named] = [formatConfig(model), toHuggingFace(tensors)];
  await Deno.mkdir(out, { recursive: true });
  await writeAtomically(files[0], safetensorsFile(named, { format: "pt" }));
  await writeAtomically(files[1], config);
  return files;
}

async function writeFile(
  tensors: Tensors,
  { to, out }: ConvertOptions,
  metadata: Readonly<Record<string, string>>,
): Promise<string[]> {
  await Deno.mkdir(dirname(out), { recursive: true });
  const parts = to === "pytorch" ? pytorchFile(tensors) : safetensorsFile(tensors, metadata);
  await writeAtomically(out, parts);
  return [out];
}

/**
 * Writes weights in another layout: names and order of bytes change, no value does, and element types
 * stay. One tensor is in memory at a time; files appear whole or not at all.
 *
 * @throws the reason of the signal, if it was stopped
 * @throws {Error} if the source is not there, or the target is
 * @throws {TypeError} if the source is no weight file
 * @throws {RangeError} for tensors that the layout has no place for, and if nothing tells what a
 * configuration must say
 */
export async function convertWeights(options: ConvertOptions): Promise<Conversion> {
  const { from, to, out, force = false, average = false, facts = {} } = options;
  using weights = await openWeights(from, { field: "the source", average });
  await requireAbsent(out, force);
  const { signal, describe = (metadata) => metadata } = options;
  const tensors = signal ? stoppable(weights.tensors, signal) : weights.tensors;
  const notes = weights.beside.map((note) => `not converted: ${note}`);
  const { positions } = await positionsInWeights(weights.tensors, weights.family === "v-jepa");
  const model = { ...modelOf(weights, positions), ...facts };
  const watched = watchValues(tensors);
  const files = to === "hugging-face"
    ? await writeHuggingFace(watched.tensors, wholeModel(model, weights.path, notes), out)
    : await writeFile(watched.tensors, options, describe(metadataOf(weights, model)));
  notes.push(...watched.notes());
  const values = [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { files, tensors: tensors.size, values, notes };
}
