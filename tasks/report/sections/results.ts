import { metricKind } from "../../output/metrics.ts";
import { markOf, spotChart } from "../charts.ts";
import { type Content, type Html, html, table, trusted } from "../markup.ts";
import { comparisonNote, comparisonTexts } from "../comparisons.ts";
import type { ReportData } from "../report_data.ts";
import {
  CONTROL_NOTE,
  controlTable,
  figureTable,
  formatCost,
  formatEstimate,
  resultNote,
  resultTable,
  seedTable,
} from "../result_tables.ts";
import { COSTS, type SummaryRow } from "../summarise.ts";
import { axisLabel, chartFigure, legend } from "./chart_figure.ts";

/** The table of results, all figures, and those of every seed. */
export function results(data: ReportData, rows: readonly SummaryRow[]): Html {
  const { variants, measure } = data;
  if (!measure) return html`<p>${resultNote(data)}</p>`;
  const alone = rows.some((row) => row.measure && row.measure.halfWidth === null);
  const few = rows.some(({ difference }) => difference && difference.halfWidth === null);
  const { head, rows: cells } = resultTable(data, rows);
  const marked = cells.map(([title, ...rest], place) => [
    html`${trusted(markOf(place))} ${title}`,
    ...rest,
  ]);
  const compared = comparisonTexts(data, rows);
  const all = figureTable(variants);
  const seeds = seedTable(variants);
  return html`<p>${resultNote(data)}${alone ? " One seed has no interval." : ""}${
    few ? " Fewer than two pairs of seeds: too few for the interval of a difference." : ""
  }</p>
${table("Results", head, marked)}
${
    compared.length > 0
      ? html`<ul>${compared.map((text) => html`<li>${text}</li>`)}</ul>
<p class="soft">${comparisonNote(data)}</p>`
      : null
  }
${table("All figures", all.head, all.rows)}
<details><summary>Every seed</summary>${table("Every seed", seeds.head, seeds.rows)}</details>`;
}

/** The headline figure against a cost; null where no variant has both. */
function costChart(
  name: string,
  cost: typeof COSTS[number],
  rows: readonly SummaryRow[],
): Html | null {
  const { label, unit: { scale } } = metricKind(name);
  const { label: costLabel, unit: { scale: costScale } } = metricKind(cost);
  const spots = rows.flatMap(({ measure, cost: costs }, place) => {
    const value = costs[cost];
    if (!measure || value === null) return [];
    const halfWidth = measure.halfWidth === null ? null : measure.halfWidth * scale;
    return [{ place, x: value * costScale, y: measure.mean * scale, halfWidth }];
  });
  if (spots.length === 0) return null;
  const title = `${label} against ${costLabel}`;
  const figures = spots.map(({ place }) => {
    const row = rows[place];
    return [row.title, formatCost(cost, row.cost[cost]), formatEstimate(name, row.measure)];
  });
  const behind = table(title, ["variant", costLabel, label], figures);
  const frame = { height: 260, x: `${axisLabel(cost)} →`, y: `↑ ${axisLabel(name)}` };
  return chartFigure(title, behind, (width) => spotChart(spots, { ...frame, width }));
}

/** The headline figure against each cost that is known. */
export function costs({ measure }: ReportData, rows: readonly SummaryRow[]): Content {
  if (!measure) return null;
  const charts = COSTS.filter((cost) => cost !== "clips")
    .map((cost) => costChart(measure.name, cost, rows));
  return [...charts, legend(rows.map(({ title }, place) => ({ title, place })))];
}

/** Accuracies with controls beside the true ones. */
export function controls({ variants }: ReportData): Html | null {
  const found = controlTable(variants);
  return found &&
    html`<p>${CONTROL_NOTE}</p>
${table("Controls", found.head, found.rows)}`;
}

/** Cells without figures of their own, with the reasons. */
export function leftOut({ leftOut: cells }: ReportData): Html | null {
  if (cells.length === 0) return null;
  const rows = cells.map(({ cell, state, reason }) => [cell, state, reason]);
  return table("Cells without figures of their own", ["cell", "state", "reason"], rows);
}
