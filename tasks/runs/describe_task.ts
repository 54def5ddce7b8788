import type { Registry } from "@videoms/core";
import { checkDataset, requireOneClassList } from "@videoms/data";
import { forwardCost, type MemoryEstimate, trainingCost } from "@videoms/models";
import type { AnyTask } from "../definition/task_kinds.ts";
import { textTable } from "@videoms/core/plain";
import { finetuning } from "./finetune/finetune.ts";
import { pretraining } from "./pretrain/pretrain.ts";
import { probing } from "./probe/probe.ts";
import { runFolderOf } from "./folder/run_record.ts";
import { openTaskDevice } from "./network/task_device.ts";
import type { RunKind } from "./training/run_kind.ts";

function kindOf(task: AnyTask, registry: Registry): Pick<RunKind<unknown, unknown>, "figures"> {
  switch (task.kind) {
    case "pretrain":
      return pretraining(task, registry);
    case "finetune":
      return finetuning(task, registry);
    case "probe":
      return probing(task, registry);
  }
}

function giga(value: number): string {
  return (value / 1e9).toFixed(value < 1e8 ? 3 : 1);
}

/**
 * What a task would run, for people: the resolved task, what it starts from, its device, the network and its cost, the memory
 * it takes, and the data. Nothing is rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 * @throws {Error} if there is nothing to start from
 */
export async function describeTask(task: AnyTask, registry: Registry): Promise<string> {
  const kind = kindOf(task, registry);
  const data = await checkDataset(task.data.dataset, registry);
  if (task.kind !== "pretrain") requireOneClassList(data);
  const { memory, cost, ...figures } = await kind.figures(data);
  // The choice of `auto` is timed, which is left to the run.
  await using device = task.backend === "auto" ? null : await openTaskDevice(task);
  const gigabytes = (part: keyof MemoryEstimate) => `${giga(memory[part])} GB`;
  const lines = {
    "run folder": runFolderOf(task),
    ...device && { device: device.description },
    data: figures.data,
    "tokens of a clip": figures.tokens,
    ...figures.more,
    parameters: figures.parameters.toLocaleString("en"),
    "multiply-accumulates": `${giga(forwardCost(cost))} G per clip, forward; ` +
      `${giga(trainingCost(cost))} G in training`,
    memory: `${gigabytes("total")}: weights and optimiser ${gigabytes("state")}, activations ` +
      `${gigabytes("activations")}, data ${gigabytes("data")}, program ${gigabytes("program")}`,
  };
  const rows = Object.entries(lines).flatMap(([title, text]) =>
    text.split("\n").map((line, i) => [i === 0 ? title : "", line])
  );
  return `${JSON.stringify(task, null, 2)}\n\n${textTable(rows)}\n`;
}
