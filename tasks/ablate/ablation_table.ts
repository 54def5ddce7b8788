import { formatDuration, formatNumber } from "../output/progress/format.ts";
import type { CellPlan, CellResult, Measure } from "./ablation_record.ts";

/** A cell and how it ended; null for one that has not, or is skipped. */
export interface EndedCell {
  readonly plan: CellPlan;
  readonly result: CellResult | null;
}

/** The levels of a cell, without its seed. */
function levelsOf({ levels }: CellPlan): string {
  const pairs = Object.entries(levels).map(([title, label]) => `${title}=${label}`);
  return pairs.join(" ") || "(no axes)";
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What a combination of levels came to over its seeds. */
function rowOf(
  name: string,
  cells: readonly EndedCell[],
  measure: Measure,
): string[] {
  const done = cells.flatMap(({ result }) => result?.status === "done" ? [result] : []);
  if (done.length === 0) return [name, "–", `0 of ${cells.length}`, "–", "–"];
  const values = done.map(({ metrics }) => metrics[measure.name]);
  const cost = (part: "multiplyAccumulates" | "seconds") =>
    mean(done.map(({ cost }) => cost[part]));
  const spread = done.length < 2
    ? ""
    : ` (${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))})`;
  return [
    name,
    formatNumber(mean(values)) + spread,
    `${done.length} of ${cells.length}`,
    `${(cost("multiplyAccumulates") / 1e12).toPrecision(3)} T`,
    formatDuration(cost("seconds")),
  ];
}

/**
 * The table of an ablation for a terminal: the mean of each combination of levels over its seeds, with the
 * least and the greatest value; intervals and paired differences are the report's.
 */
export function ablationTable(cells: readonly EndedCell[], measure: Measure): string {
  const groups = Map.groupBy(cells, ({ plan }) => levelsOf(plan));
  const head = ["cell", `${measure.name}, mean`, "seeds", "MACs", "time"];
  const rows = [head, ...[...groups].map(([name, group]) => rowOf(name, group, measure))];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((text, i) => text.padEnd(widths[i])).join("  ").trimEnd())
    .join("\n");
}
