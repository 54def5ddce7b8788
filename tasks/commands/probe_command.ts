import { probe } from "../runs/probe/probe.ts";
import type { Command } from "@videoms/data/console";
import { PROBE_FLAGS } from "./run_flags.ts";
import { trainingCommand } from "./training_command.ts";

export const command: Command = trainingCommand({
  kind: "probe",
  summary: "train linear and attentive heads on a frozen encoder, many learning rates in one pass",
  description: [
    "Freezes the encoder of a pre-training or fine-tuning, trains a head for every kind, learning rate and " +
    "weight decay of the task side by side, and prints the held-out accuracy of each. A run that was " +
    "stopped (Ctrl-C) or killed resumes when it is started again.",
    "Without a task file, the encoder of `pretrain` without one is probed for directions of motion.",
  ],
  flags: PROBE_FLAGS,
  examples: [
    "probe",
    "probe --encoder runs/shapes/finetune --tokens motion-centric --out runs/shapes/probe-finetuned",
    "probe --set heads.kinds='[\"linear\"]' --set heads.rates=[0.3,0.1] --epochs 5",
  ],
  train: probe,
});
