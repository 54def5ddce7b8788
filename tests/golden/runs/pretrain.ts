import { shapes } from "@videoms/data";
import { dense, motionCentric } from "@videoms/masking";
import { definePretrain, type PretrainTask } from "@videoms/tasks";

const task: PretrainTask = definePretrain({
  name: "old/pretrain",
  model: { width: 16, depth: 2, heads: 2, decoderWidth: 8, decoderDepth: 1, decoderHeads: 2, imageSize: 32, patchSize: 8, frames: 8, tubeletSize: 2, dropPath: 0.1 },
  data: { dataset: shapes({ videos: 12, heldOut: 4, size: 32, dir: "datasets/old" }), samplingRate: 2, heldOutClips: 4 },
  frames: dense(),
  masking: motionCentric({ motionRatio: 0.5, maskRatio: 0.75 }),
  optimizer: { warmupSteps: 1, emaDecay: 0.9 },
  epochs: 2,
  batch: 4,
  backend: "wasm",
  checkpointEvery: 1,
  keepCheckpoints: 2,
  logEvery: 1,
});

export default task;
