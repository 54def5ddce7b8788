import { formatCost, formatEstimate, nameOfFigure } from "./format_figure.ts";
import type { ReportData } from "./report_data.ts";
import { summarise } from "./summarise.ts";

/** A cell of a table, on one line. */
function cell(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;")
    .replaceAll(/\s+/g, " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The results of a report as a Markdown table, and the cells that are left out as another. */
export function reportMarkdown(data: ReportData): string {
  const { title, measure, baseline, leftOut } = data;
  const name = measure?.name ?? "";
  const head = [
    ...["variant", "seeds", measure ? nameOfFigure(name) : "figure"],
    ...[
      `difference to ${baseline ?? "no baseline"}`,
      "multiply-accumulates",
      "time",
      "peak memory",
    ],
  ];
  const rows = summarise(data).map((row) => [
    row.title,
    String(row.measure?.count ?? 0),
    formatEstimate(name, row.measure),
    row.isBaseline ? "baseline" : formatEstimate(name, row.difference, true),
    formatCost("multiplyAccumulates", row.cost.multiplyAccumulates),
    formatCost("seconds", row.cost.seconds),
    formatCost("peakBytes", row.cost.peakBytes),
  ]);
  const rule = "Mean ± 95 % interval over seeds (Student's t); differences are paired by seed.";
  const cells = leftOut.map(({ cell, state, reason }) => [cell, state, reason]);
  const more = cells.length === 0 ? [] : ["", table(["cell", "state", "reason"], cells)];
  return [`# ${title}`, "", rule, "", table(head, rows), ...more, ""].join("\n");
}
