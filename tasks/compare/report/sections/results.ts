import { metricKind } from "@videoms/core/plain";
import { type Html, html, type HtmlContent, htmlTable, trustedHtml } from "@videoms/core";
import { markOf, spotChart } from "../charts.ts";
import { comparisonNote, comparisonTexts } from "../comparisons.ts";
import type { ReportData } from "../report_data.ts";
import {
  CONTROL_NOTE,
  controlTable,
  figureTable,
  formatCost,
  formatEstimate,
  groupRows,
  resultNote,
  resultTable,
  seedTable,
} from "../result_tables.ts";
import { COSTS, type SummaryRow } from "../summarise.ts";
import { axisLabel, chartFigure, legend } from "./chart_figure.ts";

/** The table of results of some rows, with the marks that charts have for them. */
function markedTable(
  data: ReportData,
  all: readonly SummaryRow[],
  rows: readonly SummaryRow[],
): Html {
  const { head, rows: cells } = resultTable(data, rows);
  const marked = cells.map(([title, ...rest], at) => [
    html`${trustedHtml(markOf(all.indexOf(rows[at])))} ${title}`,
    ...rest,
  ]);
  return htmlTable(rows.length < all.length ? `Results at ${rows[0].at}` : "Results", head, marked);
}

/** The answers, a chart, the tables of results, all figures, and those of every seed. */
export function results(data: ReportData, rows: readonly SummaryRow[]): Html {
  const { variants, measure } = data;
  if (!measure) return html`<p>${resultNote(data)}</p>`;
  const alone = rows.some((row) => row.measure && row.measure.halfWidth === null);
  const few = rows.some(({ difference }) => difference && difference.halfWidth === null);
  const compared = comparisonTexts(data, rows);
  const all = figureTable(variants);
  const seeds = seedTable(variants);
  return html`${
    compared.length > 0 ? html`<ul>${compared.map((text) => html`<li>${text}</li>`)}</ul>` : null
  }${costChart(measure.name, COSTS[0], rows)}<p>${resultNote(data)}${
    alone ? " One seed has no interval." : ""
  }${few ? " Fewer than two pairs of seeds: too few for the interval of a difference." : ""}</p>
${groupRows(rows).map((group) => markedTable(data, rows, group))}
${compared.length > 0 ? html`<p class="soft">${comparisonNote(data)}</p>` : null}
${htmlTable("All figures", all.head, all.rows)}
<details><summary>Every seed</summary>${htmlTable("Every seed", seeds.head, seeds.rows)}</details>`;
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
  const behind = htmlTable(title, ["variant", costLabel, label], figures);
  const frame = { height: 260, x: `${axisLabel(cost)} →`, y: `↑ ${axisLabel(name)}` };
  return chartFigure(title, behind, (width) => spotChart(spots, { ...frame, width }));
}

/** The headline figure against each further cost that is known. */
export function costs({ measure }: ReportData, rows: readonly SummaryRow[]): HtmlContent {
  if (!measure) return null;
  const charts = COSTS.slice(1).filter((cost) => cost !== "clips")
    .map((cost) => costChart(measure.name, cost, rows));
  return [...charts, legend(rows.map(({ title }, place) => ({ title, place })))];
}

/** Accuracies with controls beside the true ones. */
export function controls({ variants }: ReportData): Html | null {
  const found = controlTable(variants);
  return found &&
    html`<p>${CONTROL_NOTE}</p>
${htmlTable("Controls", found.head, found.rows)}`;
}

/** Cells without figures of their own, with the reasons. */
export function leftOut({ leftOut: cells }: ReportData): Html | null {
  if (cells.length === 0) return null;
  const rows = cells.map(({ cell, state, reason }) => [cell, state, reason]);
  return htmlTable("Cells without figures of their own", ["cell", "state", "reason"], rows);
}
