import { dirname, join } from "node:path";
import {
  type Descriptor,
  jsonInside,
  memoryBytes,
  readShardedIndex,
  readWeightFile,
  type WeightFile,
  type WeightTensor,
} from "@videoms/core";
import {
  type KnownModel,
  knownModel,
  parseConfig,
  type UnseenFacts,
  type WantedWeights,
  weightChooser,
  type WeightSet,
} from "@videoms/models";
import type { AnyTask } from "../../definition/task_kinds.ts";
import { readCheckpoint, readSavedRun } from "../checkpoint/saved_run.ts";
import { ifThere, openFileBytes } from "@videoms/data/files";
import { findWeights } from "./find_weights.ts";
import { type EncoderTask, factsOfTask } from "./task_of_weights.ts";

export interface OpenWeightsOptions {
  /** What names them, for messages. @default "weights" */
  field?: string;
  /** Take the average of the weights that the file holds. @default false */
  average?: boolean;
}

/** Weights that can be read tensor by tensor, wherever they come from. */
export interface OpenedWeights extends Disposable {
  /** The file that they are in, with `#` and their name if there are others; of several files the index. */
  readonly path: string;
  /** Whose names and layouts the files have. */
  readonly layout: WeightSet["layout"];
  readonly family: WeightSet["family"];
  /** The tensors, under PyTorch's names and in its layouts; read when they are asked for. */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** What the files hold beside them, a sentence each. */
  readonly beside: readonly string[];
  /** The task that they were trained by, if they come from a run of ours. */
  readonly task: EncoderTask | null;
  readonly config: UnseenFacts | null;
  /** Names of the classes of a head, if they are known. */
  readonly labels: readonly string[] | null;
}

/**
 * What is known of the model of opened weights: their task, configuration or metadata tell heads and sizes.
 *
 * @param positions as the tensors tell
 */
export function modelOf(
  weights: OpenedWeights,
  positions?: Descriptor<"positions"> | null,
): KnownModel {
  const { task, config, labels } = weights;
  const facts = task ? factsOfTask(task) : { ...config, ...positions && { positions } };
  return knownModel(weights, { ...facts, ...labels && { labels } });
}

/** The task, if it is one that trains an encoder. */
function encoderTask(task: { readonly kind: string }, from: string): EncoderTask {
  if (task.kind === "pretrain" || task.kind === "finetune") return task as EncoderTask;
  throw new Error(
    `Cannot load weights: "${from}" must come from a pre-training or a fine-tuning, got the kind ` +
      `"${task.kind}"`,
  );
}

function taskInside({ metadata }: WeightFile, path: string): EncoderTask | null {
  const task = jsonInside(metadata, "task", path) as AnyTask | null;
  return typeof task?.kind === "string" ? encoderTask(task, path) : null;
}

/** Names of the classes that a checkpoint of ours, or what was converted from one, has in its metadata. */
function labelsInside({ metadata }: Pick<WeightFile, "metadata">, path: string): string[] | null {
  const model = jsonInside(metadata, "model", path) as { readonly labels?: unknown } | null;
  const labels = jsonInside(metadata, "classes", path) ?? model?.labels;
  return Array.isArray(labels) && labels.every((one) => typeof one === "string") ? labels : null;
}

/** Several files as one; the index says which tensor is where. */
async function openShards(path: string, opened: DisposableStack): Promise<WeightFile> {
  const places = readShardedIndex(await Deno.readTextFile(path), path);
  const shards = new Map<string, WeightFile>();
  for (const name of new Set(places.values())) {
    const source = opened.use(await openFileBytes(join(dirname(path), name)));
    shards.set(name, await readWeightFile(source));
  }
  const tensors = new Map([...places].map(([tensor, name]) => {
    const found = shards.get(name)!.tensors.get(tensor);
    if (found) return [tensor, found] as const;
    throw new RangeError(
      `Cannot read weights ${path}: each tensor must be in the file that the index names, got none ` +
        `called "${tensor}" in ${name}`,
    );
  }));
  const [{ format, metadata }] = shards.values();
  return { format, tensors, metadata, ignored: [] };
}

function ownBlocks(task: EncoderTask | null): boolean {
  return task !== null && task.model.backbone.name !== "vit";
}

/** An error that names the file which it is about. */
export function namingFile(error: unknown, path: string): unknown {
  if (error instanceof Error && !error.message.includes(path)) error.message += ` (${path})`;
  return error;
}

/** A file, or an index with its files. */
async function openFromFile(path: string, choice: WantedWeights): Promise<OpenedWeights> {
  const { choose, weightsOf } = weightChooser(path, choice);
  using opened = new DisposableStack();
  try {
    const file = path.endsWith(".index.json")
      ? await openShards(path, opened)
      : await readWeightFile(opened.use(await openFileBytes(path)), choose);
    const task = taskInside(file, path);
    const chosen = weightsOf(file, ownBlocks(task));
    const configPath = join(dirname(path), "config.json");
    const json = chosen.layout === "hugging-face"
      ? await ifThere(Deno.readTextFile(configPath))
      : null;
    const config = json === null ? null : parseConfig(json, configPath);
    const owned = opened.move();
    const { metadata } = file;
    const labels = labelsInside(file, path) ?? config?.labels ?? null;
    return { ...chosen, metadata, task, config, labels, [Symbol.dispose]: () => owned.dispose() };
  } catch (error) {
    throw namingFile(error, path);
  }
}

/** The newest whole checkpoint of a run, which is checked against its hash and hence read as a whole. */
async function openRun(folder: string, choice: WantedWeights): Promise<OpenedWeights> {
  const { classes, ...record } = await readSavedRun(folder);
  const task = encoderTask(record.task, folder);
  const { path, bytes } = await readCheckpoint(folder);
  const file = await readWeightFile(memoryBytes(bytes, path));
  return {
    ...weightChooser(path, choice).weightsOf(file, ownBlocks(task)),
    path,
    metadata: file.metadata,
    task,
    config: null,
    labels: Array.isArray(classes) ? classes.map(String) : null,
    [Symbol.dispose]() {},
  };
}

/**
 * Opens the weights of one network to read from, told apart by what is in them: a run folder of ours (its
 * newest checkpoint that is whole), one of its checkpoint files, a PyTorch checkpoint, a safetensors file,
 * a folder as Hugging Face's libraries save one, in one file or in several. Nothing but the tensors that are
 * asked for is read from a file, and nothing in it is executed.
 *
 * @param from path of a folder or a file; `#name` after it chooses among several weights in a file
 * @throws {Error} if there is nothing
 * @throws {TypeError} if a file is no weight file, or is damaged
 * @throws {RangeError} if there are no weights of a video transformer, none or more than one like those that
 * are wanted, or if they are Hugging Face's and of a model that is computed in another way
 */
export async function openWeights(
  from: string,
  { field = "weights", average }: OpenWeightsOptions = {},
): Promise<OpenedWeights> {
  const { path, isRun, name } = await findWeights(from, field);
  const choice = { name, average };
  return isRun ? await openRun(path, choice) : await openFromFile(path, choice);
}
