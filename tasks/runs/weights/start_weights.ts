import type { ClipGeometry, HostTensors, Json, ParameterSpec } from "@videoms/core";
import {
  type KnownModel,
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

/**
 * Checks that there is something to start from, and of what model, before any other work is done.
 *
 * @throws {Error} if there is no such checkpoint; says how to make one
 * @throws {RangeError} if it is one of another model; says what to set
 */
export async function checkStart(task: EncoderTask): Promise<void> {
  const { from, average } = task.start;
  if (from === null) return;
  using weights = await openWeights(from, { field: "start.from", average });
  await compareModels(weights, task);
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
): Promise<{ text: string; facts: Record<string, Json>; values: HostTensors }> {
  const { average } = task.start;
  using weights = await openWeights(from, { field: "start.from", average });
  const { path, beside } = weights;
  try {
    const { known, placed: { tensors, notes }, differences } = await compareModels(weights, task);
    const plan = task.kind === "pretrain"
      ? planAutoencoderWeights(tensors, network)
      : planClassifierWeights(tensors, network, {
        initNormFromEncoder: task.start.normFromEncoder,
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
  { folder, output }: { folder: Pick<RunFolder, "note">; output: Output },
): Promise<HostTensors> {
  const { from } = task.start;
  if (from === null) {
    if (task.kind === "finetune") output.printError("Starting from initialised weights");
    return new Map();
  }
  const { text, facts, values } = await readStart(task, from, network);
  output.printError(`Starting from ${text}`);
  await folder.note({ start: facts });
  return values;
}

/** What a run without a checkpoint would start from, for people; reads it, so that what would stop the run is told. */
export async function describeStart(task: EncoderTask, network: StartingNetwork): Promise<string> {
  const { from } = task.start;
  return from === null ? "initialised weights" : (await readStart(task, from, network)).text;
}
