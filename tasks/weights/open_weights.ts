import { basename, dirname, join } from "node:path";
import {
  memoryBytes,
  readShardedIndex,
  readWeightFile,
  type WeightFile,
  type WeightTensor,
} from "@videoms/core";
import { fromHuggingFace, isHuggingFace } from "@videoms/models";
import type { AnyTask } from "../task/task_kinds.ts";
import { readCheckpoint, readSavedRun } from "../training/saved_run.ts";
import { openFileBytes } from "./file_bytes.ts";
import { parseConfig } from "./hugging_face_config.ts";
import { jsonInside } from "./json_inside.ts";
import type { EncoderTask, UnseenFacts } from "./model_types.ts";

/** Weights that can be read tensor by tensor, wherever they come from. */
export interface OpenedWeights extends Disposable {
  /** The file that they are in; of several files the index. */
  readonly path: string;
  /** Whose names and layouts the files have. */
  readonly layout: "pytorch" | "hugging-face";
  /** The tensors, under PyTorch's names and in its layouts; read when they are asked for. */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Free text of the file by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the files hold beside weights and was left alone. */
  readonly ignored: readonly string[];
  /** The task that they were trained by, if they come from a run of ours. */
  readonly task: EncoderTask | null;
  /** What a `config.json` beside them says. */
  readonly config: UnseenFacts | null;
}

/** The weights of a folder, by the first of these names that is there. */
const FOLDER_FILES = [
  "model.safetensors.index.json",
  "model.safetensors",
  "pytorch_model.bin.index.json",
  "pytorch_model.bin",
  "mp_rank_00_model_states.pt",
] as const;

async function isThere(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isFile === true;
}

/** Text of a file, or null if there is none. */
async function textOf(path: string): Promise<string | null> {
  return await isThere(path) ? await Deno.readTextFile(path) : null;
}

/**
 * Checks that a task comes from what has an encoder.
 *
 * @throws {Error} for another kind of task
 */
export function checkKind(task: { readonly kind: string }, from: string, act: string): EncoderTask {
  if (task.kind === "pretrain" || task.kind === "finetune") return task as EncoderTask;
  throw new Error(
    `Cannot ${act}: "${from}" must come from a pre-training or a fine-tuning, got the kind ` +
      `"${task.kind}"`,
  );
}

function taskInside({ metadata }: WeightFile, path: string, act: string): EncoderTask | null {
  const task = jsonInside(metadata, "task", path) as AnyTask | null;
  return typeof task?.kind === "string" ? checkKind(task, path, act) : null;
}

/** A file with its tensors under PyTorch's names. */
function inPyTorchLayout(
  { tensors, metadata, ignored }: WeightFile,
): Pick<OpenedWeights, "layout" | "tensors" | "metadata" | "ignored"> {
  const isForeign = isHuggingFace(tensors.keys());
  return {
    layout: isForeign ? "hugging-face" : "pytorch",
    tensors: isForeign ? fromHuggingFace(tensors) : tensors,
    metadata,
    ignored,
  };
}

/** Several files as one; the index says which tensor is where. */
async function openShards(path: string): Promise<WeightFile & Disposable> {
  const places = readShardedIndex(await Deno.readTextFile(path), path);
  const stack = new DisposableStack();
  try {
    const shards = new Map<string, WeightFile>();
    for (const name of new Set(places.values())) {
      const source = stack.use(await openFileBytes(join(dirname(path), name)));
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
    const owned = stack.move();
    return { format, tensors, metadata, ignored: [], [Symbol.dispose]: () => owned.dispose() };
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

/** A file, or an index with its files. */
async function openFile(path: string): Promise<WeightFile & Disposable> {
  if (path.endsWith(".index.json")) return await openShards(path);
  const source = await openFileBytes(path);
  try {
    const file = await readWeightFile(source);
    return { ...file, [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

async function openFromFile(path: string, act: string): Promise<OpenedWeights> {
  const file = await openFile(path);
  try {
    const named = inPyTorchLayout(file);
    const configPath = join(dirname(path), "config.json");
    const json = named.layout === "hugging-face" ? await textOf(configPath) : null;
    return {
      ...named,
      path,
      task: taskInside(file, path, act),
      config: json === null ? null : parseConfig(json, configPath),
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** The newest whole checkpoint of a run, which is checked against its hash and hence read as a whole. */
async function openRun(folder: string, act: string): Promise<OpenedWeights> {
  const { record } = await readSavedRun(folder, act);
  const task = checkKind(record.task, folder, act);
  const { path, bytes } = await readCheckpoint(folder, act);
  const file = await readWeightFile(memoryBytes(bytes, path));
  const { classes } = record;
  const labels = Array.isArray(classes) ? classes.map(String) : null;
  const metadata = { ...file.metadata, model: JSON.stringify({ labels }) };
  return {
    ...inPyTorchLayout({ ...file, metadata }),
    path,
    task,
    config: null,
    [Symbol.dispose]() {},
  };
}

/** The file of weights in a folder that is no run; null if there is none. */
async function weightsIn(folder: string): Promise<string | null> {
  for (const name of FOLDER_FILES) {
    if (await isThere(join(folder, name))) return join(folder, name);
  }
  return null;
}

/**
 * What weights are read from: a file, a folder with weights of another program, or a run folder.
 *
 * @param act what the weights are needed for, for messages: "fine-tune"
 * @param field what names them, for messages: "start.from"
 * @throws {Error} if there is nothing
 */
export async function findWeights(
  from: string,
  act: string,
  field: string,
): Promise<{ path: string; isRun: boolean }> {
  const found = await Deno.stat(from).catch(() => null);
  // A path without an ending is taken for a run folder, so that its message says how to make one.
  if (!found && /\.\w+$/.test(basename(from))) {
    throw new Error(
      `Cannot ${act}: ${field} must be a run folder, a file of weights or a folder of Hugging Face, ` +
        `got "${from}", which is not there`,
    );
  }
  if (found?.isFile) return { path: from, isRun: false };
  if (found && !await isThere(join(from, "task.json"))) {
    const path = await weightsIn(from);
    if (path) return { path, isRun: false };
  }
  return { path: from, isRun: true };
}

/**
 * Opens weights to read from, told apart by what is in them: a run folder of ours (its newest checkpoint
 * that is whole), one of its checkpoint files, a PyTorch checkpoint, a safetensors file, a folder as
 * Hugging Face's libraries save one, in one file or in several. Nothing but the tensors that are asked for is
 * read from a file, and nothing in it is executed.
 *
 * @param from path of a folder or a file
 * @param act what the weights are needed for, for messages: "fine-tune"
 * @param field what names them, for messages: "start.from"
 * @throws {Error} if there is nothing
 * @throws {TypeError} if a file is no weight file, or is damaged
 * @throws {RangeError} if the weights are Hugging Face's and of a model that is computed in another way
 */
export async function openWeights(
  from: string,
  act: string,
  field = "weights",
): Promise<OpenedWeights> {
  const { path, isRun } = await findWeights(from, act, field);
  return isRun ? await openRun(path, act) : await openFromFile(path, act);
}
