import { WEIGHT_CHOICES } from "../definition/finetune_task.ts";
import type { FlagSpecs } from "@videoms/data/console";

/** Which weights of a fine-tuning run classify, and on which views of a video. */
export const VIEW_FLAGS = {
  weights: {
    type: "text",
    choices: WEIGHT_CHOICES,
    help: "last or best checkpoint, or its EMA (default: the task's)",
  },
  segments: { type: "whole", help: "clips along time (default: the task's)" },
  crops: { type: "whole", help: "square crops along the longer side (default: the task's)" },
} as const satisfies FlagSpecs;

/** Run folder of `finetune` without a task file. */
export const DEFAULT_CLASSIFIER = "runs/shapes/finetune";
