/**
 * A small pre-training that uses the module; minutes on a CPU.
 *
 * @module
 */

import { shapes } from "@videoms/data";
import { definePretrain, type PretrainTask } from "@videoms/tasks";
import { myModule } from "./masking/mod.ts";

export { myModule }; // what a task file exports can be named by runs

const task: PretrainTask = definePretrain({
  name: "my-module/pretrain",
  model: {
    size: "tiny",
    depth: 4,
    imageSize: 64,
    patchSize: 8,
  },
  data: { dataset: shapes(), samplingRate: 2 },
  masking: myModule(),
  optimizer: { lr: 1e-2, minLr: 1e-4, warmupEpochs: 0.5 },
  epochs: 5,
  batch: 16,
});

export default task;
