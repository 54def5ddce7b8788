import { type Command, defineCommand } from "./line/command.ts";
import { PRETRAIN_FLAGS } from "./run_flags.ts";
import { runTraining, taskFile } from "./run_training.ts";
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
  positionals: [taskFile("pretrain")],
  flags: PRETRAIN_FLAGS,
  examples: [
    "pretrain",
    "pretrain tasks/ucf101/pretrain.ts --annotations train.txt --set model.size=tiny --batch 4",
    "pretrain tasks/ucf101/pretrain.ts --from checkpoint-799.pth --annotations train.txt",
    "pretrain --masking tube --set masking.maskRatio=0.9 --out runs/tube",
  ],
  whenStopped: "no step was done; the same command starts where this one did",
  run: (input) => runTraining("pretrain", input, describeRun, pretrain),
});
