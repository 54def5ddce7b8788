import { shapes, standardAugmentation } from "@videoms/data";
import { motionCentricTokens, spread } from "@videoms/masking";
import { defineFinetune, type FinetuneTask } from "@videoms/tasks";

const task: FinetuneTask = defineFinetune({
  name: "old/finetune",
  model: { width: 16, depth: 2, heads: 2, imageSize: 32, patchSize: 8, frames: 8, tubeletSize: 2 },
  start: { from: "runs/old/pretrain" },
  data: { dataset: shapes({ videos: 12, heldOut: 4, size: 32, dir: "datasets/old" }), samplingRate: 2 },
  frames: spread(),
  tokens: motionCentricTokens({ dropRatio: 0.5 }),
  augmentation: standardAugmentation({ flip: 0 }),
  optimizer: { warmupSteps: 1, emaDecay: 0.9 },
  evaluation: { segments: 2, crops: 1 },
  epochs: 2,
  batch: 4,
  backend: "wasm",
  checkpointEvery: 1,
  keepCheckpoints: 2,
  logEvery: 1,
});

export default task;
