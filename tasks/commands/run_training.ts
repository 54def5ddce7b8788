import type { Registry } from "@videoms/core";
import type { TaskKind, TaskTypes } from "../definition/task_kinds.ts";
import type { Output } from "../output/output.ts";
import type { RunStartOptions } from "../runs/training/open_run.ts";
import type { CommandInput, FlagValues, PositionalSpec } from "./line/command.ts";
import { type RUN_FLAGS, startOptions, type TaskFlags } from "./run_flags.ts";
import { shippedTask, taskOf } from "./task_of.ts";

/** The task file of a command that trains. */
export function taskFile(kind: TaskKind): PositionalSpec {
  const help = `module that exports a task (default: tasks/shapes/${kind}.ts)`;
  return { name: "task file", type: "module", optional: true, help };
}

/** What every training is told, and what it says when it ends. */
type Train<Task> = (
  task: Task,
  registry: Registry,
  options: RunStartOptions & { signal: AbortSignal; output: Output },
) => Promise<{ stopped: boolean; steps: number; folder: string }>;

/**
 * Trains as a task file and flags say, or describes what would run.
 *
 * @throws {Error} whatever the task or the run cannot do
 */
export async function runTraining<Kind extends TaskKind>(
  kind: Kind,
  input: Omit<CommandInput<typeof RUN_FLAGS>, "flags"> & {
    flags: TaskFlags & FlagValues<typeof RUN_FLAGS>;
  },
  describe: (task: TaskTypes[Kind], registry: Registry) => Promise<string>,
  train: Train<TaskTypes[Kind]>,
): Promise<void> {
  const { flags, positionals: [file], paths, signal, output } = input;
  const { task, registry } = await taskOf(
    file ?? shippedTask(`shapes/${kind}.ts`),
    kind,
    flags,
    paths,
  );
  if (flags["dry-run"]) {
    output.print(await describe(task, registry));
    return;
  }
  const { stopped, steps, folder } = await train(task, registry, {
    ...startOptions(flags),
    signal,
    output,
  });
  if (!stopped) return;
  output.printError(
    `Stopped after step ${steps}; the same command goes on from the checkpoint in ${folder}`,
  );
}
