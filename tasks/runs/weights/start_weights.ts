import type { ClipGeometry, HostTensors, Json, ParameterSpec } from "@videoms/core";
import {
  planAutoencoderWeights,
  planClassifierWeights,
  readPlannedValues,
  vit,
  type WeightReport,
  withoutPositions,
} from "@videoms/models";
import { checkModel } from "./check_model.ts";
import type { EncoderTask } from "./task_of_weights.ts";
import { findWeights } from "./find_weights.ts";
import { modelOf, namingFile, type OpenedWeights, openWeights } from "./open_weights.ts";
import { requireCheckpoint } from "../checkpoint/saved_run.ts";

/** What a task's network starts from; nothing is read yet but names and shapes. */
export interface Start extends Disposable {
  readonly path: string;
  /** What became of every tensor of the checkpoint and of the network. */
  readonly report: WeightReport;
  /** The same for people, with what else differs. */
  readonly explain: string;
  /** Tensors by our names; the rest is newly initialised. */
  read(): Promise<HostTensors>;
}

export interface StartingNetwork {
  readonly specs: readonly ParameterSpec[];
  readonly options: { readonly geometry: ClipGeometry };
}

/**
 * Checks that there is something to start from, before any other work is done.
 *
 * @throws {Error} if there is no such checkpoint; says how to make one
 */
export async function checkStart({ start: { from } }: EncoderTask): Promise<void> {
  if (from === null) return;
  const { path, isRun } = await findWeights(from, "start.from");
  if (isRun) await requireCheckpoint(path);
}

/** What differs between a task's model and that of weights, and may; refuses what may not. */
function modelDifferences(weights: OpenedWeights, task: EncoderTask): string[] {
  const { backbone } = task.model;
  const found = weights.task?.model.backbone ?? vit();
  if (found.name !== backbone.name) {
    throw new RangeError(
      `Cannot load weights ${weights.path}: the backbone must be that of the weights, got "${backbone.name}" ` +
        `for "${found.name}". Set it with --set model.backbone=${found.name}.`,
    );
  }
  // Only its own code knows what the shapes of another backbone mean; they are still compared.
  return backbone.name === "vit" ? checkModel(modelOf(weights), task, weights.path) : [];
}

async function planned(
  weights: OpenedWeights,
  task: EncoderTask,
  network: StartingNetwork,
): Promise<Start> {
  const { path, beside } = weights;
  const differences = modelDifferences(weights, task);
  const { tensors, notes } = await withoutPositions(weights.tensors, path);
  const loading = task.kind === "pretrain"
    ? planAutoencoderWeights(tensors, network)
    : planClassifierWeights(tensors, network, { initNormFromEncoder: task.start.normFromEncoder });
  const { specs, options: { geometry } } = network;
  const more = [...beside, ...differences].map((note) => `note: ${note}`);
  return {
    path,
    report: loading.report,
    explain: [loading.report.explain, ...notes, ...more].join("\n"),
    read: () => readPlannedValues(loading, tensors, { specs, geometry }),
    [Symbol.dispose]: () => weights[Symbol.dispose](),
  };
}

/**
 * Opens the weights that a task starts from and decides what becomes of every tensor.
 *
 * @throws {Error} if there is no such checkpoint
 * @throws {TypeError} if it is no weight file
 * @throws {RangeError} if it is one of another network; names the tensors or says what to set
 */
export async function openStart(
  task: EncoderTask,
  from: string,
  network: StartingNetwork,
): Promise<Start> {
  const { average } = task.start;
  const weights = await openWeights(from, { field: "start.from", average });
  try {
    return await planned(weights, task, network);
  } catch (error) {
    weights[Symbol.dispose]();
    throw namingFile(error, weights.path);
  }
}

/** A start as a run notes it in its `task.json`. */
export function startRecord({ path, report }: Start): Record<string, Json> {
  const { used, missing, unused, reshaped } = report;
  return {
    path,
    used: [...used],
    missing: missing.map((one) => ({ ...one, shape: [...one.shape] })),
    unused: unused.map((one) => ({ ...one, shape: [...one.shape] })),
    reshaped: [...reshaped],
  };
}
