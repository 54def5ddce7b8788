/**
 * Pre-training on HMDB51 (split 1, 3,570 videos) as published: ViT-B, motion-centric tokens.
 *
 * Paper     EVEREST: Efficient Masked Video Autoencoder by Removing Redundant Spatiotemporal Tokens
 *           (ICML 2024), arXiv 2211.10636
 * Command   deno task pretrain tasks/hmdb51/pretrain.ts
 * Trial     deno task pretrain tasks/hmdb51/pretrain.ts --steps 20 --set optimizer.warmupSteps=5 --batch 2
 * Needs     the videos of https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database
 *           and a list of them, one `path label` a line, at datasets/hmdb51/train.txt (or
 *           --annotations <list>); a GPU: 4,800 epochs of 18 steps of 192 clips. The published run
 *           had 8 GPUs with 24 clips each; on one, give --batch and --set accumulate=… with a
 *           product of 192.
 * Expect    65.8 % top-1 on HMDB51 after fine-tuning for 50 epochs (a public leaderboard's figure, not
 *           the authors' repository's). Not reproduced here.
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
  name: "hmdb51/pretrain",
  data: {
    ...ucf101.data,
    dataset: annotations({ train: "../../datasets/hmdb51/train.txt", classCount: 51 }),
    samplingRate: 2,
  },
  epochs: 4800,
});

export default task;
