import { join } from "node:path";
import type { Descriptor, Registry } from "@videoms/core";
import { lookPicture } from "../evaluation/look/look_picture.ts";
import type { PlannedCell } from "./plan_cells.ts";

/**
 * Draws what the masks of an ablation's pre-trainings make of a held-out clip, side by side, for its
 * report; once for each grid.
 *
 * @param folder of the ablation
 */
export async function drawMasks(
  cells: readonly PlannedCell[],
  folder: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  const trained = cells.filter(({ plan, tasks }) => !plan.skip && tasks.pretrain);
  const [first] = trained;
  if (!first) return;
  const different = new Map<string, Descriptor<"masking">>();
  for (const { tasks } of trained) {
    const { masking } = tasks.pretrain!;
    different.set(JSON.stringify(masking), masking);
  }
  const strategies = [...different.values()];
  await lookPicture(first.tasks.pretrain!, strategies, join(folder, "look"), { registry, signal });
}
