/**
 * Pre-training on Kinetics-400 (about 240,000 videos): ViT-B, motion-centric tokens.
 *
 * Paper     EVEREST: Efficient Masked Video Autoencoder by Removing Redundant Spatiotemporal Tokens
 *           (ICML 2024), arXiv 2211.10636
 * Settings  VideoMAE (NeurIPS 2022), arXiv 2203.12602, and its scripts (github.com/MCG-NJU/VideoMAE, scripts/kinetics)
 * Command   deno task pretrain tasks/kinetics400/pretrain.ts
 * Trial     deno task pretrain tasks/kinetics400/pretrain.ts --steps 20 --set optimizer.warmupSteps=5 --batch 2
 * Needs     the videos (https://github.com/cvdfoundation/kinetics-dataset; VideoMAE shrank them to a short
 *           side of 320, as deno task data prepare can) and their list, datasets/kinetics400/train.txt,
 *           which deno task data list kinetics --csv train.csv --csv val.csv --videos <folder>
 *           --out datasets/kinetics400 writes (or --annotations <list>); a GPU: 800 epochs of about 117
 *           steps of 2,048 clips. VideoMAE's run had 64 GPUs with 32 clips each; on one, give --batch and
 *           --set accumulate=… with a product of 2,048.
 * Expect    no figure of the paper for these settings is at hand; public reviews say that its runs on this
 *           set had 200 epochs of pre-training (--epochs 200). VideoMAE, tubes in place of motion: 80.0 %
 *           top-1 after fine-tuning, 81.5 % after 1,600 epochs (its model zoo). Not reproduced here.
 *
 * The authors released neither code nor settings for this set. Tokens and decoder are those that they
 * published for UCF101; stride, batch, rates, warm-up, weight decay and epochs VideoMAE's for this set; to
 * put the two together is this project's choice.
 *
 * What it shares with Something-Something V2 is in tasks/ssv2/pretrain.ts.
 *
 * @module
 */

import { annotations } from "@videoms/data";
import { definePretrain, type PretrainTask } from "@videoms/tasks";
import ssv2 from "../ssv2/pretrain.ts";

const task: PretrainTask = definePretrain({
  ...ssv2,
  name: "kinetics400/pretrain",
  data: {
    ...ssv2.data,
    dataset: annotations({ train: "../../datasets/kinetics400/train.txt", classCount: 400 }),
    samplingRate: 4,
  },
});

export default task;
