/**
 * What pre-training is worth where labels are few: the shapes classifier fine-tuned from its pre-trained
 * encoder against the same fine-tuning from fresh weights, over several seeds.
 *
 * Every seed has a pre-training of its own, without labels, on all training videos. Runs are kept in
 * their folders, so that a stopped comparison goes on where it was.
 *
 * ```sh
 * deno task few-labels                 # 3 seeds, 100 labelled videos
 * deno task few-labels --seeds 5 --labels 50
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import { shapes } from "@videoms/data";
import { loadRegistry } from "../tasks/definition/plugins.ts";
import { standardOutput } from "../tasks/output/standard_output.ts";
import { listenForStop } from "../tasks/commands/line/stop_signals.ts";
import { userFolder, userPaths } from "../tasks/commands/line/user_paths.ts";
import { finetune } from "../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../tasks/runs/pretrain/pretrain.ts";
import finetuneTask from "../tasks/shapes/finetune.ts";
import pretrainTask from "../tasks/shapes/pretrain.ts";
import type { FinetuneTask } from "@videoms/tasks";

const { values: flags } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    labels: { type: "string", default: "100" },
    /** Passes over the labelled videos; few videos need many. */
    epochs: { type: "string", default: "40" },
    /** Folder of the runs. @default runs/few-labels in the folder of deno.json */
    out: { type: "string" },
  },
});

const paths = userPaths(userFolder());
const out = flags.out === undefined ? paths.own("runs/few-labels") : paths.typed(flags.out);
const labels = Number(flags.labels);
const epochs = Number(flags.epochs);
const signal = listenForStop(standardOutput());
const registry = await loadRegistry();

/** Mean and sample deviation of shares, in percent. */
function spread(shares: readonly number[]): string {
  const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
  const square = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0);
  const deviation = Math.sqrt(square / Math.max(1, shares.length - 1));
  const each = shares.map((share) => (100 * share).toFixed(1)).join(", ");
  return `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)} %   (${each})`;
}

/** Ends the process if the user has asked for it. */
function stopIf(stopped: boolean): void {
  if (!stopped) return;
  console.error("Stopped; the same command goes on");
  Deno.exit(130);
}

async function accuracyFrom(seed: number, start: string | null): Promise<number> {
  const name = start === null ? "fresh" : "pretrained";
  const task: FinetuneTask = {
    ...finetuneTask,
    name: `few-labels/${name}-${labels}-seed${seed}`,
    seed,
    start: { ...finetuneTask.start, from: start },
    // The first videos of the set that was pre-trained on; held-out videos are the same ones.
    data: { ...finetuneTask.data, dataset: shapes({ videos: labels, heldOut: 320 }) },
    optimizer: { ...finetuneTask.optimizer, warmupEpochs: epochs / 10 },
    evaluation: { ...finetuneTask.evaluation, every: epochs },
    epochs,
    out: `${out}/${name}-${labels}-seed${seed}`,
  };
  const { validation, stopped } = await finetune(task, registry, { signal });
  stopIf(stopped);
  return validation!.weights.top1;
}

const accuracies: Record<"pretrained" | "fresh", number[]> = { pretrained: [], fresh: [] };
const started = performance.now();
for (let seed = 0; seed < Number(flags.seeds); seed++) {
  const folder = `${out}/pretrain-seed${seed}`;
  const { stopped } = await pretrain({ ...pretrainTask, seed, out: folder }, registry, { signal });
  stopIf(stopped);
  accuracies.pretrained.push(await accuracyFrom(seed, folder));
  accuracies.fresh.push(await accuracyFrom(seed, null));
}
const minutes = (performance.now() - started) / 60_000;
console.log(
  `\n${labels} labelled videos of 10 classes, 320 held-out videos, ${minutes.toFixed(1)} min`,
);
console.log(`from the pre-trained encoder  ${spread(accuracies.pretrained)}`);
console.log(`from fresh weights            ${spread(accuracies.fresh)}`);
