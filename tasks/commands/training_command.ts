import type { Registry } from "@videoms/core";
import type { TaskKind, TaskTypes } from "../definition/task_kinds.ts";
import {
  type Command,
  defineCommand,
  type Output,
  type PositionalSpec,
} from "@videoms/data/console";
import { describeTask } from "../runs/describe_task.ts";
import type { FinetuneRunOptions } from "../runs/finetune/finetune.ts";
import { onRanks } from "./line/on_ranks.ts";
import type { FINETUNE_FLAGS, PRETRAIN_FLAGS, PROBE_FLAGS, TaskFlags } from "./run_flags.ts";
import { shippedTask, taskOf } from "./task_of.ts";

/** A command that trains as a task file and flags say, or describes what would run. */
interface TrainingCommand<Kind extends TaskKind>
  extends Pick<Command, "summary" | "description" | "examples"> {
  readonly kind: Kind;
  readonly flags: typeof PRETRAIN_FLAGS | typeof FINETUNE_FLAGS | typeof PROBE_FLAGS;
  train(
    task: TaskTypes[Kind],
    registry: Registry,
    options: FinetuneRunOptions & { signal: AbortSignal; output: Output },
  ): Promise<{ stopped: boolean; steps: number; folder: string }>;
}

/** The argument of a command that a task file of some kind is given to. */
export function taskFile(kind: string, shipped: string): PositionalSpec {
  const help = `module that exports ${kind} (default: tasks/${shipped})`;
  return { name: "task file", type: "module", optional: true, help };
}

export function trainingCommand<Kind extends TaskKind>(
  { kind, train, ...command }: TrainingCommand<Kind>,
): Command {
  const shipped = `shapes/${kind}.ts`;
  return defineCommand({
    ...command,
    positionals: [taskFile("a task", shipped)],
    forRanks: true,
    whenStopped: "no step was done; the same command starts where this one did",
    async run({ flags: given, positionals: [file], paths, signal, output }) {
      const flags: TaskFlags = given;
      const { task, registry } = await taskOf(file ?? shippedTask(shipped), kind, flags, paths);
      if (flags.dryRun) return output.print(await describeTask(task, registry));
      const { fresh, extend, tune, changedData, resume, compareCost } = flags;
      const choices = { fresh, extend, tune, changedData, resume, compareCost };
      await onRanks({ output, signal }, async (ranks, output) => {
        const options = { ...choices, signal, output, ranks };
        const { stopped, steps, folder } = await train(task, registry, options);
        if (!stopped) return;
        output.printError(
          `Stopped after step ${steps}; the same command resumes from the checkpoint in ${folder}`,
        );
      });
    },
  });
}
