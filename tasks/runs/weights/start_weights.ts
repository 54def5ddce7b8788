import type { ClipGeometry, HostTensors, Json, ParameterSpec } from "@videoms/core";
import { type LabelMap, labelMapText, mapLabels, readLabelPairs } from "@videoms/data";
import {
  headLabels,
  type KnownModel,
  mapHead,
  planAutoencoderWeights,
  planClassifierWeights,
  positionsInWeights,
  readPlannedValues,
  type UnplacedWeights,
  vit,
  type WeightReport,
} from "@videoms/models";
import { checkModel } from "./check_model.ts";
import type { EncoderTask } from "./task_of_weights.ts";
import { modelOf, namingFile, type OpenedWeights, openWeights } from "./open_weights.ts";
import type { Output } from "@videoms/data/console";
import type { RunFolder } from "../folder/run_folder.ts";

export interface StartingNetwork {
  readonly specs: readonly ParameterSpec[];
  readonly options: { readonly geometry: ClipGeometry };
}

/** What differs between a task's model and that of weights, and may; refuses what may not. */
async function compareModels(
  weights: OpenedWeights,
  task: EncoderTask,
): Promise<{ known?: KnownModel; placed: UnplacedWeights; differences: string[] }> {
  const { backbone } = task.model;
  const found = weights.task?.model.backbone ?? vit();
  if (found.name !== backbone.name) {
    throw new RangeError(
      `Cannot load weights ${weights.path}: the backbone must be that of the weights, got "${backbone.name}" ` +
        `for "${found.name}". Set it with --set model.backbone=${found.name}.`,
    );
  }
  const placed = await positionsInWeights(weights.tensors, weights.family === "v-jepa");
  // Only its own code knows what the shapes of another backbone mean; they are still compared.
  if (backbone.name !== "vit") return { placed, differences: [] };
  const known = modelOf(weights, placed.positions);
  return { known, placed, differences: checkModel(known, task, weights.path) };
}

/** What the labels of a trained head count for, if a task asks for it. */
async function mapOfHead(
  { tensors, labels }: OpenedWeights,
  task: EncoderTask,
  classes: readonly string[] | undefined,
): Promise<LabelMap | null> {
  if (task.kind === "pretrain") return null;
  const { headByNames, labelMap } = task.start;
  const pairs = labelMap === null ? undefined : await readLabelPairs(labelMap);
  if (!classes || !(pairs || headByNames)) return null;
  return mapLabels(headLabels(tensors, labels), classes, pairs);
}

/** That a head is taken as it is though it is of classes with other names, a sentence. */
function otherNames({ labels }: OpenedWeights, classes: readonly string[] = []): string[] {
  if (labels?.length !== classes.length) return [];
  const other = classes.findIndex((name, label) => labels[label] !== name);
  return other < 0 ? [] : [
    `the head is taken as it is, for classes of other names: "${classes[other]}" for ` +
    `"${labels[other]}"; start.headByNames finds them by name`,
  ];
}

/**
 * Checks that there is something to start from, and of what model, before any other work is done.
 *
 * @param classes names of the classes of a fine-tuning, where they are known
 * @throws {Error} if there is no such checkpoint; says how to make one
 * @throws {RangeError} if it is one of another model, or has no label for a class; says what to set
 */
export async function checkStart(task: EncoderTask, classes?: readonly string[]): Promise<void> {
  const { from, average } = task.start;
  if (from === null) return;
  using weights = await openWeights(from, { field: "start.from", average });
  await compareModels(weights, task);
  await mapOfHead(weights, task, classes);
}

/** What becomes of every tensor, as `task.json` keeps it. */
function startFacts(path: string, report: WeightReport): Record<string, Json> {
  const { used, missing, unused, reshaped } = report;
  return {
    path,
    used: [...used],
    missing: missing.map((one) => ({ ...one, shape: [...one.shape] })),
    unused: unused.map((one) => ({ ...one, shape: [...one.shape] })),
    reshaped: [...reshaped],
  };
}

/**
 * Reads the weights that a task starts from, by our names; the rest is newly initialised.
 *
 * @throws {Error} if there is no such checkpoint
 * @throws {TypeError} if it is no weight file
 * @throws {RangeError} if it is one of another network; names the tensors or says what to set
 */
async function readStart(
  task: EncoderTask,
  from: string,
  network: StartingNetwork,
  classes: readonly string[] | undefined,
): Promise<{ text: string; facts: Record<string, Json>; values: HostTensors }> {
  const { average } = task.start;
  using weights = await openWeights(from, { field: "start.from", average });
  const { path, beside } = weights;
  try {
    const { known, placed, differences } = await compareModels(weights, task);
    const { notes } = placed;
    const map = await mapOfHead(weights, task, classes);
    const tensors = map ? mapHead(placed.tensors, map) : placed.tensors;
    if (map) differences.push(`the head is mapped: ${labelMapText(map)}`);
    else if (task.kind === "finetune") differences.push(...otherNames(weights, classes));
    const plan = task.kind === "pretrain"
      ? planAutoencoderWeights(tensors, network)
      : planClassifierWeights(tensors, network, {
        initNormFromEncoder: task.start.normFromEncoder,
        patchEmbedding: task.start.patchEmbedding,
      });
    const { specs, options: { geometry } } = network;
    const values = await readPlannedValues(plan, tensors, { specs, geometry }, known);
    const more = [...beside, ...differences].map((note) => `note: ${note}`);
    const text = [path, plan.report.explain, ...notes, ...more].join("\n");
    return { text, facts: startFacts(path, plan.report), values };
  } catch (error) {
    throw namingFile(error, path);
  }
}

/** Weights that a run without a checkpoint starts from, noted in its folder; none for initialised ones. */
export async function startValues(
  task: EncoderTask,
  network: StartingNetwork,
  { folder, output, videos }: {
    folder: Pick<RunFolder, "note">;
    output: Output;
    videos: { readonly classes: readonly string[] };
  },
): Promise<HostTensors> {
  const { from } = task.start;
  if (from === null) {
    if (task.kind === "finetune") output.printError("Starting from initialised weights");
    return new Map();
  }
  const { text, facts, values } = await readStart(task, from, network, videos.classes);
  output.printError(`Starting from ${text}`);
  await folder.note({ start: facts });
  return values;
}

/** What a run without a checkpoint would start from, for people; reads it, so that what would stop the run is told. */
export async function describeStart(
  task: EncoderTask,
  network: StartingNetwork,
  classes?: readonly string[],
): Promise<string> {
  const { from } = task.start;
  if (from === null) return "initialised weights";
  return (await readStart(task, from, network, classes)).text;
}
