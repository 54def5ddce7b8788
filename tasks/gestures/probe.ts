/**
 * Probes of the encoder that was pre-trained on real clips of a pointing finger: which path does it draw? The encoder
 * stays as it is.
 *
 * Command   deno task probe tasks/gestures/probe.ts
 * Needs     a checkpoint in runs/gestures/pretrain, and the lists that tasks/gestures/pretrain.ts names
 * Expect    after 40 epochs of pre-training the best head has 35, 32 and 15 % of the held-out clips right with motion-centric
 *           masks and 15, 18 and 26 % with random ones (folds 1, 2 and 4; the best on these very clips, so a little too
 *           good), in a minute and a half; chance is 10 %
 *
 * @module
 */

import { noAugmentation } from "@videoms/data";
import { motionCentricTokens, segments } from "@videoms/masking";
import { defineProbe, type ProbeTask } from "@videoms/tasks";
import pretrain from "./pretrain.ts";

const { dataset, fps, samplingRate } = pretrain.data;

const task: ProbeTask = defineProbe({
  name: "gestures/probe",
  encoder: { from: "../../runs/gestures/pretrain" },
  heads: { kinds: ["linear", "attentive"], rates: [0.1, 0.03, 0.01], decays: [0, 0.1] },
  data: { dataset, fps, samplingRate },
  frames: segments(),
  tokens: motionCentricTokens({ dropRatio: 0.85 }),
  augmentation: noAugmentation(), // mirrored clips would change their class
  optimizer: { warmupEpochs: 2 },
  evaluation: { every: 5, segments: 1, crops: 1 }, // a clip is the whole video
  epochs: 30,
  batch: 16,
  checkpointEvery: 10,
});

export default task;
