import { dirname, join } from "node:path";
import { safetensorsHead, sizeOf, type WeightTensor } from "@videoms/core";
import { bareName, fullName, type ModelFacts, networkOf, toHuggingFace } from "@videoms/models";
import { writeAtomically } from "../run_folder/write_atomically.ts";
import { formatConfig, type WholeModel } from "../weights/hugging_face_config.ts";
import { knownModel, usualSize } from "../weights/known_model.ts";
import type { KnownModel, UnseenFacts } from "../weights/model_types.ts";
import { type OpenedWeights, openWeights } from "../weights/open_weights.ts";
import { pytorchFile } from "./pytorch_file.ts";

/** Whose names and layouts weights are written in. */
export const LAYOUTS = ["videoms", "pytorch", "hugging-face"] as const;

/** One of {@linkcode LAYOUTS}. */
export type Layout = typeof LAYOUTS[number];

/** What is converted, and into what. */
export interface ConvertOptions {
  /** A run folder, a file of weights or a folder of Hugging Face. */
  from: string;
  /** `videoms` and `pytorch` make a file, `hugging-face` a folder. */
  to: Layout;
  /** Path of the file or folder. */
  out: string;
  /** Overwrite what is there. @default false */
  force?: boolean;
  /** Take the running average of the weights. @default false */
  average?: boolean;
  /** What is known of the model beside the weights; the rest is read from what lies beside them. */
  facts?: Partial<UnseenFacts>;
}

/** What was written. */
export interface Conversion {
  /** Files, in the order in which they were written. */
  files: readonly string[];
  /** Number of tensors. */
  tensors: number;
  /** Values of all tensors. */
  values: number;
  /** What was left behind or not known, a sentence each. */
  notes: readonly string[];
}

type Tensors = ReadonlyMap<string, WeightTensor>;

const AVERAGE = "average.";

/** The weights by themselves, under PyTorch's names without wrappers' prefixes. */
function weightsOnly(
  { tensors, path }: OpenedWeights,
  average: boolean,
): Map<string, WeightTensor> {
  const bare = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith("optimizer.") || name.startsWith(AVERAGE) !== average) continue;
    const key = bareName(average ? name.slice(AVERAGE.length) : name);
    if (bare.has(key)) {
      throw new RangeError(
        `Cannot convert ${path}: each tensor must be there once, got two "${key}"`,
      );
    }
    bare.set(key, tensor);
  }
  if (bare.size === 0) {
    const what = average ? "an average of its weights" : "weights";
    throw new RangeError(`Cannot convert ${path}: it must hold ${what}, got none`);
  }
  const network = networkOf(bare.keys());
  return new Map([...bare].map(([name, tensor]) => [fullName(name, network), tensor]));
}

async function* safetensorsFile(
  tensors: Tensors,
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  const entries = [...tensors].map(([name, { type, shape }]) => ({ name, type, shape }));
  yield safetensorsHead(entries, metadata);
  for (const tensor of tensors.values()) yield await tensor.read();
}

/** What a checkpoint of ours says of itself. */
function metadataOf({ metadata }: OpenedWeights, model: KnownModel): Record<string, string> {
  const { heads, decoderHeads, imageSize, frames, normEpsilon, labels } = model;
  const { task, step } = metadata;
  return {
    format: "pt",
    model: JSON.stringify({ heads, decoderHeads, imageSize, frames, normEpsilon, labels }),
    ...task === undefined ? {} : { task },
    ...step === undefined ? {} : { step },
  };
}

/** A model with what nothing tells taken as usual, which is noted. */
function wholeModel(model: KnownModel, path: string, notes: string[]): WholeModel {
  const size = usualSize(model as ModelFacts)?.[1];
  const usual = {
    heads: size?.heads ?? null,
    imageSize: 224,
    frames: 16,
    normEpsilon: 1e-6,
    ...model.decoderWidth === null ? {} : {
      decoderHeads: size && size.decoderWidth === model.decoderWidth ? size.decoderHeads : null,
    },
  };
  const known: Record<string, unknown> = { ...model };
  for (const [fact, value] of Object.entries(usual)) {
    if (known[fact] !== null) continue;
    const flag = `--${fact.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === null) {
      throw new RangeError(
        `Cannot write a configuration: ${flag} must be given, got nothing that tells it in ${path}`,
      );
    }
    known[fact] = value;
    notes.push(`nothing tells ${fact}: taken as usual, ${value}; ${flag} says otherwise`);
  }
  return known as unknown as WholeModel;
}

async function checkOut(out: string, force: boolean): Promise<void> {
  if (force || !await Deno.stat(out).catch(() => null)) return;
  throw new Error(
    `Cannot write "${out}": it must not be there yet, got one. --force overwrites it.`,
  );
}

async function writeHuggingFace(
  tensors: Tensors,
  model: WholeModel,
  out: string,
): Promise<string[]> {
  await Deno.mkdir(out, { recursive: true });
  const files = ["model.safetensors", "config.json"].map((name) => join(out, name));
  await writeAtomically(files[0], safetensorsFile(tensors, { format: "pt" }));
  await writeAtomically(files[1], formatConfig(model));
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

function leftBehind({ tensors, ignored }: OpenedWeights, taken: number): string[] {
  const rest = tensors.size - taken;
  return [
    ...rest > 0 ? [`left behind: ${rest} tensors of the optimiser or of other weights`] : [],
    ...ignored.length > 0 ? [`left behind: ${ignored.join(", ")}`] : [],
  ];
}

/**
 * Writes weights in another layout: names and order of bytes change, no value does, and element types
 * stay. One tensor is in memory at a time; files appear whole or not at all.
 *
 * @throws {Error} if the source is not there, or the target is
 * @throws {TypeError} if the source is no weight file
 * @throws {RangeError} for tensors that the layout has no place for, and if nothing tells what a
 * configuration must say
 */
export async function convertWeights(options: ConvertOptions): Promise<Conversion> {
  const { from, to, out, force = false, average = false, facts = {} } = options;
  using weights = await openWeights(from, "convert weights", "the source");
  await checkOut(out, force);
  const tensors = weightsOnly(weights, average);
  const notes = leftBehind(weights, tensors.size);
  const model = { ...knownModel(weights), ...facts };
  const files = to === "hugging-face"
    ? await writeHuggingFace(toHuggingFace(tensors), wholeModel(model, weights.path, notes), out)
    : await writeFile(tensors, options, metadataOf(weights, model));
  const values = [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { files, tensors: tensors.size, values, notes };
}
