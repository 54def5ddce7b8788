import { topName } from "@videoms/core/plain";
import { join } from "node:path";
import { folderEntries, readJsonIfThere } from "@videoms/data/files";
import type { ScoreSummary, TargetSummary, ViewScores } from "@videoms/models";
import { loggedMetrics, type Metric, metricsOf } from "@videoms/data";

type Summary =
  & (
    | Pick<
      ScoreSummary,
      "top1" | "topK" | "k" | "meanClass" | "calibrationError" | "videos" | "views"
    >
    | Pick<TargetSummary, "figures" | "loss" | "videos" | "views">
  )
  & Pick<ViewScores["facts"], "list" | "weights" | "checkpoint" | "control">;

/** The numbers of an evaluation. */
export function evaluationMetrics(summary: Summary): Metric[] {
  const { videos, views, list, weights, checkpoint, control } = summary;
  const values = "figures" in summary ? { ...summary.figures, loss: summary.loss } : {
    top1: summary.top1,
    [topName(summary.k)]: summary.topK,
    meanClass: summary.meanClass,
    calibrationError: summary.calibrationError, // evaluations that are older have none
  };
  return metricsOf({
    event: control ? `control: ${control}` : "evaluation",
    step: checkpoint.step,
    split: list,
    views: `${views.segments.length} × ${views.crops.length}`,
    metrics: loggedMetrics({ ...values, videos }, { weights }),
  });
}

/** The numbers of an evaluation that was kept, and for each row a 1 if it is right; none in earlier versions. */
export interface KeptEvaluation {
  readonly metrics: readonly Metric[];
  readonly right?: string;
}

/**
 * All evaluations below a run folder, by the step of their weights.
 *
 * @throws {Error} if an `evaluation.json` is damaged
 */
export async function readEvaluations(runFolder: string): Promise<KeptEvaluation[]> {
  const folder = join(runFolder, "evaluation");
  const summaries = await Promise.all(
    (await folderEntries(folder)).map(({ name }) =>
      readJsonIfThere<Summary & Pick<KeptEvaluation, "right">>(
        join(folder, name, "evaluation.json"),
      )
    ),
  );
  return summaries.filter((summary) => summary !== null)
    .toSorted((a, b) => a.checkpoint.step - b.checkpoint.step).map((summary) => ({
      metrics: evaluationMetrics(summary),
      right: summary.right,
    }));
}
