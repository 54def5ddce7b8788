/**
 * Probes of the encoder that learned moving shapes: which way does the shape move? The encoder stays as
 * it is; linear and attentive heads of several rates are trained on its features, all in one pass.
 *
 * Paper     none; a first run that needs no data set, to see that everything works
 * Command   deno task probe tasks/shapes/probe.ts
 * Needs     ffmpeg, and a checkpoint in runs/shapes/pretrain (deno task pretrain)
 * Expect    a table of 12 heads after five minutes on two busy cores, the best of them right on 16 % of 64
 *           held-out videos: hardly above chance, which is 10 %, after so short a pre-training
 *
 * @module
 */

import { noAugmentation, shapes } from "@videoms/data";
import { motionCentricTokens, spread } from "@videoms/masking";
import { defineProbe, type ProbeTask } from "@videoms/tasks";

const task: ProbeTask = defineProbe({
  name: "shapes/probe",
  encoder: { from: "../../runs/shapes/pretrain" },
  heads: {
    kinds: ["linear", "attentive"],
    rates: [0.1, 0.03, 0.01],
    decays: [0, 0.1],
  },
  data: { dataset: shapes(), samplingRate: 2 },
  frames: spread(),
  tokens: motionCentricTokens({ dropRatio: 0.9 }),
  // Mirrored clips would change their class.
  augmentation: noAugmentation(),
  optimizer: { warmupEpochs: 1 },
  evaluation: { every: 1, segments: 5, crops: 1 },
  epochs: 5,
  batch: 16,
  checkpointEvery: 5,
});

export default task;
