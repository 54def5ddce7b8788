/**
 * Fine-tuning on Something-Something V2 (174 classes, 24,777 videos for tests): ViT-B that looks at the 60 %
 * of the tokens that move most, one frame from each of 16 segments of the whole video, and no mirroring,
 * since left and right are classes.
 *
 * Paper     EVEREST: Efficient Masked Video Autoencoder by Removing Redundant Spatiotemporal Tokens
 *           (ICML 2024), arXiv 2211.10636
 * Settings  VideoMAE (NeurIPS 2022), arXiv 2203.12602, and its scripts (github.com/MCG-NJU/VideoMAE, scripts/ssv2)
 * Command   deno task finetune tasks/ssv2/finetune.ts
 * Trial     deno task finetune tasks/ssv2/finetune.ts --from none --steps 20
 *           --set optimizer.warmupSteps=5 --batch 2
 * Needs     a checkpoint in runs/ssv2/pretrain (deno task pretrain tasks/ssv2/pretrain.ts, or
 *           --from <run folder or file>); train.txt and validation.txt in datasets/ssv2, as
 *           deno task data list ssv2 writes them (or --annotations, --held-out); a GPU: 50 epochs of
 *           329 steps of 512 clips. VideoMAE's run had 64 GPUs with 8 clips each; on one, give --batch
 *           and --set accumulate=… with a product of 512.
 * Expect    64.6 % top-1 with 2 × 3 views (an index of papers' results lists it for this paper, without
 *           size and epochs). VideoMAE, tubes in place of motion and all tokens: 69.6 % top-1, 92.0 %
 *           top-5. Not reproduced here.
 *
 * The authors released neither code nor settings for this set. Tokens are those that they published for
 * UCF101; frames, views, batch, rates, warm-up, layer decay, stochastic depth, mixup, CutMix and epochs VideoMAE's
 * for this set (after 800 epochs of pre-training); to put the two together is this project's choice. Segments
 * fill the video; VideoMAE's are ⌊D/16⌋ frames of D, so that it leaves out up to 15 at the end in training.
 *
 * What it shares with UCF101 is in tasks/ucf101/finetune.ts.
 *
 * @module
 */

import { annotations, standardAugmentation } from "@videoms/data";
import { segments } from "@videoms/masking";
import { defineFinetune, type FinetuneTask } from "@videoms/tasks";
import ucf101 from "../ucf101/finetune.ts";

const task: FinetuneTask = defineFinetune({
  ...ucf101,
  name: "ssv2/finetune",
  start: { from: "../../runs/ssv2/pretrain" },
  data: {
    ...ucf101.data,
    dataset: annotations({
      train: "../../datasets/ssv2/train.txt",
      heldOut: "../../datasets/ssv2/validation.txt",
      classCount: 174,
    }),
    samplingRate: 1, // segments have a stride of their own
  },
  frames: segments(),
  augmentation: standardAugmentation({
    randAugment: "rand-m7-n4-mstd0.5-inc1",
    erase: 0.25,
    flip: 0,
  }),
  mix: { mixup: 0.8, cutmix: 1 },
  optimizer: { ...ucf101.optimizer, lr: 5e-4 }, // 1e-3 for 512 clips
  evaluation: { ...ucf101.evaluation, segments: 2 },
  epochs: 50,
  batch: 512,
  checkpointEvery: 10,
});

export default task;
