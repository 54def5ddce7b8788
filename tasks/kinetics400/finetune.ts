/**
 * Fine-tuning on Kinetics-400 (400 classes): ViT-B that looks at the 60 % of the tokens that move most.
 *
 * Paper     EVEREST: Efficient Masked Video Autoencoder by Removing Redundant Spatiotemporal Tokens
 *           (ICML 2024), arXiv 2211.10636
 * Settings  VideoMAE (NeurIPS 2022), arXiv 2203.12602, and its scripts (github.com/MCG-NJU/VideoMAE, scripts/kinetics)
 * Command   deno task finetune tasks/kinetics400/finetune.ts
 * Trial     deno task finetune tasks/kinetics400/finetune.ts --from none --steps 20
 *           --set optimizer.warmupSteps=5 --batch 2
 * Needs     a checkpoint in runs/kinetics400/pretrain (deno task pretrain tasks/kinetics400/pretrain.ts, or
 *           --from <run folder or file>); train.txt and validation.txt in datasets/kinetics400, as
 *           tasks/kinetics400/pretrain.ts says (or --annotations, --held-out); a GPU: 100 epochs of
 *           about 468 steps of 512 clips. VideoMAE's run had 64 GPUs with 8 clips each; on one, give
 *           --batch and --set accumulate=… with a product of 512.
 * Expect    no figure of the paper for these settings is at hand. VideoMAE, tubes in place of motion and
 *           all tokens: 80.0 % top-1, 94.4 % top-5 with 5 × 3 views (its model zoo). Not reproduced here.
 *
 * The authors released neither code nor settings for this set. Tokens are those that they published for
 * UCF101; stride, views, augmentation, batch, rates, warm-up, layer decay, stochastic depth, mixup, CutMix and
 * epochs VideoMAE's for this set (after 800 epochs of pre-training, without repeated augmentation); to put the
 * two together is this project's choice. Frames are exactly 4 apart; VideoMAE trains on frames 4.27 apart
 * (--set frames.exactStride=false).
 *
 * What it shares with UCF101 is in tasks/ucf101/finetune.ts.
 *
 * @module
 */

import { annotations } from "@videoms/data";
import { defineFinetune, type FinetuneTask } from "@videoms/tasks";
import ucf101 from "../ucf101/finetune.ts";

const task: FinetuneTask = defineFinetune({
  ...ucf101,
  name: "kinetics400/finetune",
  start: { from: "../../runs/kinetics400/pretrain" },
  data: {
    ...ucf101.data,
    dataset: annotations({
      train: "../../datasets/kinetics400/train.txt",
      heldOut: "../../datasets/kinetics400/validation.txt",
      classCount: 400,
    }),
  },
  mix: { mixup: 0.8, cutmix: 1 },
  epochs: 100,
  batch: 512,
  checkpointEvery: 10,
});

export default task;
