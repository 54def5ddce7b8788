import { type Command, defineCommand } from "./line/command.ts";
import { PROBE_FLAGS } from "./run_flags.ts";
import { runTraining, taskFile } from "./run_training.ts";
import { describeProbe } from "../runs/probe/dry_run.ts";
import { probe } from "../runs/probe/probe.ts";

export const probeCommand: Command = defineCommand({
  name: "probe",
  summary: "train linear and attentive heads on a frozen encoder, many rates in one pass",
  description: [
    "Leaves the encoder of a pre-training or fine-tuning as it is, trains a head for every kind, rate and " +
    "decay of the task side by side, and prints how each does on held-out videos. A run that was " +
    "stopped (Ctrl-C) or killed goes on when it is started again.",
    "Without a task file, the encoder of `pretrain` without one is probed for directions of motion.",
  ],
  positionals: [taskFile("probe")],
  flags: PROBE_FLAGS,
  examples: [
    "probe",
    "probe --encoder runs/shapes/finetune --tokens motion-centric --out runs/shapes/probe-finetuned",
    "probe --set heads.kinds='[\"linear\"]' --set heads.rates=[0.3,0.1] --epochs 5",
  ],
  whenStopped: "no step was done; the same command starts where this one did",
  run: (input) => runTraining("probe", input, describeProbe, probe),
});
