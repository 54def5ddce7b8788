import { random, tube } from "@videoms/masking";
import { defineProbe, type PretrainOptions } from "@videoms/tasks";
import { evaluate } from "../../../tasks/evaluation/evaluate/evaluate.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { probe } from "../../../tasks/runs/probe/probe.ts";
import { folder, registry, smallFinetune, smallTask } from "../small_task.ts";

/** The masks that reports compare. */
export const MASKS = {
  tube: tube({ maskRatio: 0.75 }),
  random: random({ maskRatio: 0.75 }),
} as const;

/** Pre-trains for two steps; the run's folder. */
async function pretrained(out: string, options: PretrainOptions = {}): Promise<string> {
  const task = smallTask(out, { masking: MASKS.tube, epochs: 1, steps: 2, ...options });
  await pretrain(task, registry);
  return task.out!;
}

/** Fine-tunes the weights of a run, keeps their average, and evaluates them on 2 × 3 views; the run's folder. */
export async function finetuned(out: string, from: string): Promise<string> {
  const task = smallFinetune(out, {
    start: { from },
    optimizer: { emaDecay: 0.8 },
    epochs: 2,
  });
  await finetune(task, registry);
  await evaluate(task.out!, registry);
  return task.out!;
}

/** Probes a run with four heads; the probe's folder. */
export async function probed(out: string, from: string): Promise<string> {
  const task = defineProbe({
    name: "small",
    encoder: { from },
    heads: { rates: [1, 0.1], decays: [0.1] },
    data: { dataset: smallTask("unused").data.dataset, samplingRate: 1 },
    evaluation: { segments: 2, crops: 1, every: 1 },
    epochs: 2,
    batch: 4,
    logEvery: 1,
    backend: "wasm",
    out: `${folder}/${out}`,
  });
  await probe(task, registry);
  return task.out!;
}

/** Pre-trains with both masks and two seeds; the runs' folders. */
export async function comparedRuns(): Promise<string[]> {
  const folders: string[] = [];
  for (const [name, masking] of Object.entries(MASKS)) {
    for (const seed of [1, 2]) {
      folders.push(await pretrained(`${name}-${seed}`, { masking, seed }));
    }
  }
  return folders;
}
