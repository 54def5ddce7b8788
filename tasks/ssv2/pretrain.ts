/**
 * Pre-training on Something-Something V2 (168,913 videos): ViT-B, motion-centric tokens.
 *
 * Paper     EVEREST: Efficient Masked Video Autoencoder by Removing Redundant Spatiotemporal Tokens
 *           (ICML 2024), arXiv 2211.10636
 * Settings  VideoMAE (NeurIPS 2022), arXiv 2203.12602, and its scripts (github.com/MCG-NJU/VideoMAE, scripts/ssv2)
 * Command   deno task pretrain tasks/ssv2/pretrain.ts
 * Trial     deno task pretrain tasks/ssv2/pretrain.ts --steps 20 --set optimizer.warmupSteps=5 --batch 2
 * Needs     the videos of https://developer.qualcomm.com/software/ai-datasets/something-something and
 *           their list, datasets/ssv2/train.txt, which
 *           deno task data list ssv2 --annotations <folder> --videos <folder> writes (or
 *           --annotations <list>); a GPU: 800 epochs of 82 steps of 2,048 clips. VideoMAE's run had 64
 *           GPUs with 32 clips each; on one, give --batch and --set accumulate=… with a product of 2,048.
 * Expect    64.6 % top-1 on Something-Something V2 after fine-tuning (an index of papers' results lists it
 *           for this paper, without size and epochs; public reviews say that its runs on this set had 200
 *           epochs of pre-training: --epochs 200). VideoMAE, tubes in place of motion: 69.6 %
 *           after 800 epochs, 70.8 % after 2,400 (its model zoo). Not reproduced here.
 *
 * The authors released neither code nor settings for this set. Tokens and decoder are those that they
 * published for UCF101; stride, batch, rates, warm-up, weight decay and epochs VideoMAE's for this set; to
 * put the two together is this project's choice.
 *
 * What it shares with UCF101 is in tasks/ucf101/pretrain.ts.
 *
 * @module
 */

import { annotations } from "@videoms/data";
import { definePretrain, type PretrainTask } from "@videoms/tasks";
import ucf101 from "../ucf101/pretrain.ts";

const task: PretrainTask = definePretrain({
  ...ucf101,
  name: "ssv2/pretrain",
  data: {
    ...ucf101.data,
    dataset: annotations({ train: "../../datasets/ssv2/train.txt", classCount: 174 }),
    samplingRate: 2,
  },
  optimizer: {
    ...ucf101.optimizer,
    lr: 1.5e-4, // 1.2e-3 for 2,048 clips
    minLr: 1e-5, // 8e-5 for 2,048 clips
  },
  epochs: 800,
  batch: 2048,
  checkpointEvery: 20,
});

export default task;
