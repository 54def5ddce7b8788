import type { HostTensors } from "@videoms/core";
import type { EncoderTask } from "../weights/task_of_weights.ts";
import { openStart, type StartingNetwork, startRecord } from "../weights/start_weights.ts";
import type { PreparedRun } from "./run_kind.ts";

/** Weights that a run without a checkpoint starts from, noted in its folder; none for initialised ones. */
export async function startValues(
  task: EncoderTask,
  model: StartingNetwork,
  { folder, output }: Pick<PreparedRun, "folder" | "output">,
): Promise<HostTensors> {
  const { from } = task.start;
  if (from === null) {
    if (task.kind === "finetune") output.printError("Starting from initialised weights");
    return new Map();
  }
  using start = await openStart(task, from, model);
  output.printError(`Starting from ${start.path}\n${start.explain}`);
  await folder.note({ start: startRecord(start) });
  return await start.read();
}

/** What a run without a checkpoint would start from, for people. */
export async function describeStart(
  task: EncoderTask,
  model: StartingNetwork,
): Promise<string> {
  const { from } = task.start;
  if (from === null) return "initialised weights";
  using start = await openStart(task, from, model);
  await start.read(); // says now what would stop the run later
  return `${start.path}\n${start.explain}`;
}
