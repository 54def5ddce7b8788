import { finetune } from "../runs/finetune/finetune.ts";
import type { Command } from "@videoms/data/console";
import { FINETUNE_FLAGS } from "./run_flags.ts";
import { trainingCommand } from "./training_command.ts";

export const command: Command = trainingCommand({
  kind: "finetune",
  summary: "fine-tune a video classifier, usually from a pre-trained encoder",
  description: [
    "Loads the encoder of a pre-training run (and lists what became of every tensor), trains as a " +
    "task file says and writes a run folder: the resolved task, log.jsonl and checkpoints, the last ones " +
    "and the best. A run that was stopped (Ctrl-C) or killed resumes when it is started again.",
    "Without a task file, the encoder of `pretrain` without one learns to classify directions of motion.",
  ],
  flags: FINETUNE_FLAGS,
  examples: [
    "finetune",
    "finetune tasks/ucf101/finetune.ts --from runs/ucf101/pretrain --batch 8 --set accumulate=16",
    "finetune --from none --out runs/from-scratch",
    "finetune --tokens motion-centric --set tokens.dropRatio=0.6 --set mix.mixup=0.8",
  ],
  train: finetune,
});
