import { join } from "node:path";
import type { AblationRecord, CellResult } from "../../../tasks/ablate/ablation_record.ts";

/** What tells a written run from others. */
export interface WrittenRun {
  masking: string;
  seed: number;
  name?: string;
}

/** Writes a folder as a pre-training of four steps, four clips each, leaves it. */
export async function writeRun(
  folder: string,
  { masking, seed, name = "small" }: WrittenRun,
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const task = {
    ...{ kind: "pretrain", name, seed, batch: 2, accumulate: 2, out: folder },
    masking: { kind: "masking", name: masking, options: {} },
  };
  const versions = { videoms: "0.1.0", deno: "2.9.6", tfjs: "4.22.0" };
  const record = { task, versions, created: "2026-01-01T00:00:00Z", resumed: [], device: "cpu" };
  await Deno.writeTextFile(join(folder, "task.json"), JSON.stringify(record));
  const worse = masking === "tube" ? 0 : 0.1;
  const lines = [2, 4].map((step) => ({
    ...{ event: "step", step, epoch: 0, loss: 1 / step + worse + seed / 100, gradientNorm: 0.5 },
    ...{ clipsPerSecond: 10 * seed + step, waitShare: 0.1, replacedClips: seed - 1 },
    ...{ residentBytes: 1e8 * seed + step, learningRate: 1e-3 / step, weightDecay: 0.05 },
  }));
  const last = { event: "evaluation", step: 4, loss: 0.5 + worse + seed ** 2 / 100 };
  const log = [...lines, last].map((line) => JSON.stringify(line) + "\n").join("");
  await Deno.writeTextFile(join(folder, "log.jsonl"), log);
  return folder;
}

/** Writes the folder of an ablation with a cell of every state. */
export async function writeAblation(folder: string): Promise<void> {
  const levels = (masking: string) => ({ masking });
  const cell = (id: string, masking: string) => ({
    ...{ id, name: `masking=${masking} seed=1`, levels: levels(masking), seed: 1, skip: null },
  });
  const record: AblationRecord = {
    ...{ format: "videoms-ablation", version: 1, name: "grid", task: {}, seeds: [1] },
    axes: [{ title: "masking", labels: ["tube", "same", "failed", "wide", "late"] }],
    baseline: levels("tube"),
    measure: { name: "heldOutLoss", better: "lower" },
    cells: [
      cell("a", "tube"),
      {
        ...cell("a", "same"),
        skip: { kind: "duplicate", reason: "all fields are equal", of: "a" },
      },
      cell("b", "failed"),
      { ...cell("c", "wide"), skip: { kind: "impossible", reason: "no token would be hidden" } },
      cell("d", "late"),
    ],
  };
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "ablation.json"), JSON.stringify(record));
  const cost = { multiplyAccumulates: 2e9, seconds: 3, peakBytes: 4e8, clips: 16 };
  const shared = { started: "2026-01-01", ended: "2026-01-01", stages: [], cost };
  const results: CellResult[] = [
    { ...shared, id: "a", status: "done", metrics: { heldOutLoss: 0.75 } },
    { ...shared, id: "b", status: "failed", reason: "the loss was not finite", metrics: {} },
  ];
  for (const result of results) {
    const at = join(folder, "cells", result.id);
    await writeRun(join(at, "pretrain"), { masking: "tube", seed: 1 });
    await Deno.writeTextFile(join(at, "cell.json"), JSON.stringify(result));
  }
}
