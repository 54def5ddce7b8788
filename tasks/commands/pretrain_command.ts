import { type Command, defineCommand } from "./line/command.ts";
import { PRETRAIN_FLAGS, startOptions } from "./run_flags.ts";
import { shippedTask, taskOf } from "./task_of.ts";
import { describeRun } from "../runs/pretrain/dry_run.ts";
import { pretrain } from "../runs/pretrain/pretrain.ts";

export const pretrainCommand: Command = defineCommand({
  name: "pretrain",
  summary: "pre-train a masked autoencoder on videos",
  description: [
    "Trains as a task file says and writes a run folder: the resolved task, log.jsonl, checkpoints " +
    "and pictures. A run that was stopped (Ctrl-C) or killed goes on from its last checkpoint when it " +
    "is started again.",
    "Without a task file, a small network learns moving shapes that are rendered on the spot.",
  ],
  positionals: [{
    name: "task file",
    type: "module",
    optional: true,
    help: "module that exports a task (default: tasks/shapes/pretrain.ts)",
  }],
  flags: PRETRAIN_FLAGS,
  examples: [
    "pretrain",
    "pretrain tasks/ucf101/pretrain.ts --annotations train.txt --set model.size=tiny --batch 4",
    "pretrain tasks/ucf101/pretrain.ts --from checkpoint-799.pth --annotations train.txt",
    "pretrain --masking tube --set masking.maskRatio=0.9 --out runs/tube",
  ],
  whenStopped: "no step was done; the same command starts where this one did",
  async run(
    { flags, positionals: [file = shippedTask("shapes/pretrain.ts")], paths, signal, output },
  ) {
    const { task, registry } = await taskOf(file, "pretrain", flags, paths);
    if (flags["dry-run"]) {
      output.print(await describeRun(task, registry));
      return;
    }
    const result = await pretrain(task, registry, { ...startOptions(flags), signal, output });
    if (result.stopped) {
      output.printError(
        `Stopped after step ${result.steps}; the same command goes on from the checkpoint in ${result.folder}`,
      );
    }
  },
});
