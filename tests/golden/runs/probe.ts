import { noAugmentation, shapes } from "@videoms/data";
import { motionCentricTokens, spread } from "@videoms/masking";
import { defineProbe, type ProbeTask } from "@videoms/tasks";

const task: ProbeTask = defineProbe({
  name: "old/probe",
  encoder: { from: "runs/old/pretrain" },
  heads: { kinds: ["linear", "attentive"], rates: [0.1, 0.01], decays: [0] },
  data: { dataset: shapes({ videos: 12, heldOut: 4, size: 32, dir: "datasets/old" }), samplingRate: 2 },
  frames: spread(),
  tokens: motionCentricTokens({ dropRatio: 0.5 }),
  augmentation: noAugmentation(),
  optimizer: { warmupEpochs: 1 },
  evaluation: { every: 1, segments: 2, crops: 1 },
  epochs: 2,
  batch: 4,
  backend: "wasm",
  checkpointEvery: 1,
  keepCheckpoints: 2,
  logEvery: 1,
});

export default task;
