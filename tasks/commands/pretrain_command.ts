import { pretrain } from "../runs/pretrain/pretrain.ts";
import type { Command } from "@videoms/data/console";
import { PRETRAIN_FLAGS } from "./run_flags.ts";
import { trainingCommand } from "./training_command.ts";

export const command: Command = trainingCommand({
  kind: "pretrain",
  summary: "pre-train a masked autoencoder on videos",
  description: [
    "Trains as a task file says and writes a run folder: the resolved task, log.jsonl, checkpoints " +
    "and pictures. A run that was stopped (Ctrl-C) or killed resumes from its last checkpoint when it " +
    "is started again.",
    "Without a task file, a small network learns from moving shapes that are rendered on the spot.",
  ],
  flags: PRETRAIN_FLAGS,
  examples: [
    "pretrain",
    "pretrain tasks/ucf101/pretrain.ts --annotations train.txt --set model.size=tiny --batch 4",
    "pretrain tasks/ucf101/pretrain.ts --from checkpoint-799.pth --annotations train.txt",
    "pretrain --masking tube --set masking.maskRatio=0.9 --out runs/tube",
  ],
  train: pretrain,
});
