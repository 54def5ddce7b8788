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

/** The levels of a title: "frames=8 of 12" and "seed=1" of "frames=8 of 12 seed=1". */
const levels = (title: string) => title.split(/ (?=[^\s=]+=)/);

/** What a title has and another one has not, without the names of axes: "motion-centric" of "masking=motion-centric". */
function short(title: string, other: string): string {
  const others = levels(other);
  const own = levels(title).filter((level) => !others.includes(level));
  return own.map((level) => level.slice(level.indexOf("=") + 1)).join(" ") || title;
}

/** What trainings a difference is over: "5 folds × 3 seeds". */
function trainingsText({ variants }: ReportData, { count }: Estimate): string {
  const folds = new Set(
    variants.flatMap(({ members }) => members.flatMap(({ fold }) => fold ?? [])),
  );
  if (folds.size === 0) return count === 1 ? "1 seed" : `${count} seeds`;
  return count % folds.size === 0
    ? `${folds.size} folds × ${count / folds.size === 1 ? "1 seed" : `${count / folds.size} seeds`}`
    : `${count} pairs of folds and seeds`;
}

/**
 * Each variant against the baseline: the answer in the first sentence, then what else is known; none where there is
 * nothing to compare.
 */
export function comparisonTexts(data: ReportData, rows: readonly SummaryRow[]): string[] {
  const { measure } = data;
  if (!measure) return [];
  const inPoints = (text: string) => text.replace(/ %$/, " points");
  const amount = (mean: number, halfWidth: number | null, signed = false) =>
    inPoints(formatEstimate(measure.name, { count: 1, mean, halfWidth }, signed));
  const range = ({ low, high }: { readonly low: number; readonly high: number }) =>
    `${amount(low, null, true).replace(/ points$/, "")} to ${amount(high, null, true)}`;
  const wanted = measure.better === "higher" ? 1 : -1;
  return rows.flatMap(({ title, at, baseline, difference, videoDifference: videos }) => {
    if (!difference || !baseline) return [];
    const { mean, halfWidth } = difference;
    const [one, another] = [title, baseline].map((text) =>
      at ? text.replace(` at ${at}`, "") : text
    );
    const [own, other] = [short(one, another), short(another, one)];
    const where = `${at ? ` at ${at}` : ""}, ${trainingsText(data, difference)}.`;
    const verb = mean * wanted > 0 ? "beats" : "loses to";
    const answer = halfWidth !== null && Math.abs(mean) > halfWidth
      ? `${own} ${verb} ${other} by ${amount(Math.abs(mean), halfWidth)}${where}`
      : `${own} is not told apart from ${other}: ${amount(mean, halfWidth, true)}${where}`;
    const effect = effectSize(difference);
    const more = [
      ...effect === null ? [] : [`effect size ${effect.toFixed(2)}`],
      ...videos ? [`${range(videos)} over ${videos.count} videos`] : [],
    ].join("; ");
    return [
      `${answer}${more && ` ${more[0].toUpperCase()}${more.slice(1)}.`}${seedsText(difference)}`,
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
