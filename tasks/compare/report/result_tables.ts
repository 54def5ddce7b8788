import { compareMetrics, formatMetric, metricKind } from "@videoms/core/plain";
import type { Estimate } from "@videoms/core";
import type { TrainingCost } from "../../runs/cost/logged_cost.ts";
import type { ReportData, Variant } from "./report_data.ts";
import { controlRows, COSTS, sourceRows, type SummaryRow } from "./summarise.ts";

/** A table of text, for a page, a terminal or Markdown. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const NOTHING = "–";

/** A cost with its unit; a dash where it is not known. */
export function formatCost(name: keyof TrainingCost, value: number | null): string {
  return value === null ? NOTHING : formatMetric(name, value);
}

/** A mean with its interval, "77.50 ± 1.20 %"; without one for a single seed. */
export function formatEstimate(name: string, estimate: Estimate | null, signed = false): string {
  if (!estimate) return NOTHING;
  const { mean, halfWidth } = estimate;
  const sign = signed && mean >= 0 ? "+" : "";
  const { better, unit: { symbol } } = metricKind(name);
  const unit = symbol === "" ? "" : ` ${symbol}`;
  const bare = (value: number) => formatMetric(name, value).replace(unit, "");
  const interval = halfWidth === null || better === null ? "" : ` ± ${bare(halfWidth)}`;
  return (sign + bare(mean) + interval + unit).replace(/^-/, "−");
}

/** Every variant's figure that they are compared by, difference and costs. */
export function resultTable(
  { measure, baseline, variants }: ReportData,
  rows: readonly SummaryRow[],
): TextTable {
  const name = measure?.name ?? "";
  const head = [
    ...[
      "variant",
      hasFolds(variants) ? "folds × seeds" : "seeds",
      measure ? metricKind(name).label : "figure",
    ],
    ...baseline === null ? [] : ["difference"],
    ...COSTS.map((cost) => metricKind(cost).label),
  ];
  const cells = rows.map((row) => [
    row.title,
    `${row.measure?.count ?? 0} of ${row.seeds}`,
    formatEstimate(name, row.measure),
    ...baseline === null
      ? []
      : [row.isBaseline ? "baseline" : formatEstimate(name, row.difference, true)],
    ...COSTS.map((cost) => formatCost(cost, row.cost[cost])),
  ]);
  return { head, rows: cells };
}

/** The rows of each table of results: those that have as much of something, together. */
export function groupRows(rows: readonly SummaryRow[]): SummaryRow[][] {
  return [...Map.groupBy(rows, ({ at }) => at).values()];
}

/** Whether trainings are those of a cross-validation. */
export function hasFolds(variants: readonly Variant[]): boolean {
  return variants.some(({ members }) => members.some(({ fold }) => fold !== undefined));
}

/** What is said above a table of results. */
export function resultNote({ measure, baseline, variants }: ReportData): string {
  if (!measure) return "No run has logged a figure yet.";
  const { name, sourceLabel, better } = measure;
  const [over, pairs] = hasFolds(variants)
    ? ["folds and seeds", "fold and seed"]
    : ["seeds", "seed"];
  const differences = baseline === null
    ? ""
    : ` Differences are to “${baseline}”, paired by ${pairs}.`;
  return `${metricKind(name).label} of ${sourceLabel}; ${better} is better. ` +
    `Mean ± 95 % interval over ${over} (Student's t).${differences}`;
}

/** All figures of some variants: a row for each place that they come from, a column for each name. */
export function figureTable(variants: readonly Variant[]): TextTable {
  const rows = variants.flatMap(sourceRows);
  const names = [...new Set(rows.flatMap(({ figures }) => [...figures.keys()]))]
    .toSorted(compareMetrics);
  return {
    head: ["variant", "figures of", ...names.map((name) => metricKind(name).label)],
    rows: rows.map(({ title, source, figures }) => [
      title,
      source,
      ...names.map((name) => formatEstimate(name, figures.get(name) ?? null)),
    ]),
  };
}

/** Accuracies with controls beside the true ones: a row for each evaluation with one; null where there is none. */
export function controlTable(variants: readonly Variant[]): TextTable | null {
  const rows = variants.flatMap(controlRows);
  if (rows.length === 0) return null;
  const events = ["evaluation", ...new Set(rows.flatMap(({ figures }) => [...figures.keys()]))];
  const columns = [...new Set(events)];
  return {
    head: ["variant", "top-1 of", ...columns.map((event) => event.replace("control: ", ""))],
    rows: rows.map(({ title, source, figures }) => [
      title,
      source,
      ...columns.map((event) => formatEstimate("top1", figures.get(event) ?? null)),
    ]),
  };
}

/** What is said above {@linkcode controlTable}. */
export const CONTROL_NOTE =
  "A classifier that uses motion falls towards chance where one frame is repeated (still) or frames are shuffled; " +
  "backwards, it takes left for right.";

export function seedTable(variants: readonly Variant[]): TextTable {
  const seeds = variants.flatMap(({ title, members }) =>
    members.map((member) => {
      const fold = member.fold === undefined ? "" : `, fold ${member.fold}`;
      return { title: `${title}, seed ${member.seed}${fold}`, members: [member] };
    })
  );
  return figureTable(seeds);
}
