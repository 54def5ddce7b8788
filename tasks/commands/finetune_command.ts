import { type Command, defineCommand } from "./line/command.ts";
import { FINETUNE_FLAGS } from "./run_flags.ts";
import { runTraining, taskFile } from "./run_training.ts";
import { describeFinetune } from "../runs/finetune/dry_run.ts";
import { finetune } from "../runs/finetune/finetune.ts";

export const finetuneCommand: Command = defineCommand({
  name: "finetune",
  summary: "fine-tune a video classifier, usually from a pre-trained encoder",
  description: [
    "Takes over the encoder of a pre-training run (and says what became of every tensor), trains as a " +
    "task file says and writes a run folder: the resolved task, log.jsonl and checkpoints, the last ones " +
    "and the best. A run that was stopped (Ctrl-C) or killed goes on when it is started again.",
    "Without a task file, the encoder of `pretrain` without one learns to tell directions of motion.",
  ],
  positionals: [taskFile("finetune")],
  flags: FINETUNE_FLAGS,
  examples: [
    "finetune",
    "finetune tasks/ucf101/finetune.ts --from runs/ucf101/pretrain --batch 8 --set accumulate=16",
    "finetune --from none --out runs/from-scratch",
    "finetune --tokens motion-centric --set tokens.dropRatio=0.6 --set mix.mixup=0.8",
  ],
  whenStopped: "no step was done; the same command starts where this one did",
  run: (input) =>
    runTraining(
      "finetune",
      input,
      describeFinetune,
      (task, registry, options) =>
        finetune(task, registry, {
          ...options,
          resume: input.flags.resume,
          compareCost: input.flags["compare-cost"],
        }),
    ),
});
