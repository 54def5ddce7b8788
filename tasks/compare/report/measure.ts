import { metricKind, topOf } from "@videoms/core/plain";
import type { Measure } from "../ablate/ablation_record.ts";
import { type Figure, sourceId, sourceLabel } from "@videoms/data";
import type { Member, ReportMeasure } from "./report_data.ts";

/** How well a figure is suited to compare trainings by, 0 the best; null for one that is not, or not what is asked for. */
function rank({ kind, name, event, split, head }: Figure, asked?: string): number | null {
  if (head !== null || event.startsWith("control")) return null;
  const isEvaluation = event === "evaluation";
  if (asked === undefined) {
    if (event === "step") return name === "loss" ? 4 : null;
    if (name === "loss" && split !== "train") return 3;
    return name === "top1" ? (isEvaluation ? 0 : 1) : null;
  }
  const isMeant = asked === "heldOutLoss"
    ? kind === "pretrain" && name === "loss"
    : kind !== "pretrain" && (asked === "topK" ? (topOf(name) ?? 1) > 1 : name === asked);
  return event === "step" || !isMeant ? null : isEvaluation ? 0 : 1;
}

function viewsOf({ views }: Figure): number {
  return (views ?? "1").split(" × ").reduce((product, count) => product * Number(count), 1);
}

/**
 * The figure to compare trainings by: the one that an ablation names or, without a name, top-1 of an evaluation,
 * top-1 of a validation, the loss on held-out clips, the training loss. Of several, such as evaluations of
 * different views, the one that most trainings have.
 *
 * @returns null if no training has one
 */
export function measureOf(members: readonly Member[], asked?: Measure): ReportMeasure | null {
  const figures = members.flatMap((member) => member.figures);
  const place = (figure: Figure) => rank(figure, asked?.name);
  const chosen = figures.filter((one) => place(one) !== null);
  const groups = [...Map.groupBy(chosen, (one) => `${one.name}\n${sourceId(one)}`).values()];
  const [best] = groups.toSorted((a, b) =>
    place(a[0])! - place(b[0])! || b.length - a.length || viewsOf(b[0]) - viewsOf(a[0])
  );
  if (!best) return null;
  const [figure] = best;
  return {
    name: figure.name,
    source: sourceId(figure),
    sourceLabel: sourceLabel(figure),
    better: asked?.better ?? metricKind(figure.name).better ?? "higher",
  };
}
