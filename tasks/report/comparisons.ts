import { effectSize, type Estimate, pairsNeeded } from "@videoms/core";
import type { ReportData } from "./report_data.ts";
import { formatEstimate, hasFolds } from "./result_tables.ts";
import type { SummaryRow } from "./summarise.ts";

/** How many pairs of seeds it would take; nothing where the interval of the difference does not hold 0. */
function seedsText(difference: Estimate): string {
  const { count, mean, halfWidth } = difference;
  if (halfWidth === null) return " Two pairs of seeds or more give an interval.";
  if (Math.abs(mean) > halfWidth) return "";
  const effect = effectSize(difference) ?? 0;
  const needed = pairsNeeded(effect);
  const pairs = Number.isFinite(needed)
    ? `${Math.max(needed, count + 1)} pairs of seeds, ${Math.max(needed - count, 1)} more`
    : "more than 1,000 pairs of seeds";
  return ` The interval over seeds holds 0: at this effect size it takes ${pairs}, to tell them apart in 80 % of ` +
    "experiments.";
}

/** Each variant against the baseline in a sentence or two; none where there is nothing to compare. */
export function comparisonTexts(
  { measure, baseline, variants }: ReportData,
  rows: readonly SummaryRow[],
): string[] {
  if (!measure) return [];
  const what = hasFolds(variants) ? "folds and seeds" : "seeds";
  const signed = (mean: number) =>
    formatEstimate(measure.name, { count: 1, mean, halfWidth: null }, true);
  return rows.flatMap(({ title, difference, videoDifference: videos }) => {
    if (!difference) return [];
    const effect = effectSize(difference);
    return [
      `${title} against ${baseline}: ${formatEstimate(measure.name, difference, true)} over ` +
      `${difference.count} ${difference.count === 1 ? "pair" : "pairs"} of ${what}` +
      (effect === null ? "" : `, effect size ${effect.toFixed(2)}`) +
      (videos
        ? `; ${signed(videos.low)} to ${signed(videos.high)} over ${videos.count} videos`
        : "") +
      `.${seedsText(difference)}`,
    ];
  });
}

/** What the intervals of {@linkcode comparisonTexts} say. */
export function comparisonNote({ variants }: ReportData): string {
  const folds = hasFolds(variants)
    ? " Folds share most of their training videos, so that differences over them vary less than those of new videos " +
      "would: read the interval over folds and seeds as the least there is."
    : "";
  return "95 % intervals. Over seeds: what other trainings may give (Student's t of differences between trainings " +
    "of one seed; the effect size is their mean in standard deviations). Over videos: what other videos may give " +
    `with these trainings (paired bootstrap).${folds}`;
}
