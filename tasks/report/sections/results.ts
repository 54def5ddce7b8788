import { metricKind } from "../../output/metrics.ts";
import type { TrainingCost } from "../../runs/cost/logged_cost.ts";
import { markOf, spotChart } from "../charts.ts";
import { type Content, type Html, html, table, trusted } from "../markup.ts";
import type { ReportData } from "../report_data.ts";
import {
  figureTable,
  formatCost,
  formatEstimate,
  resultNote,
  resultTable,
  seedTable,
} from "../result_tables.ts";
import type { SummaryRow } from "../summarise.ts";
import { figure, legend } from "./figure.ts";

/** The table of results, all figures, and those of every seed. */
export function results(data: ReportData, rows: readonly SummaryRow[]): Html {
  const { variants, measure } = data;
  if (!measure) return html`<p>${resultNote(data)}</p>`;
  const alone = rows.some((row) => row.measure && row.measure.halfWidth === null);
  const few = rows.some(({ difference }) => difference && difference.halfWidth === null);
  const { head, rows: cells } = resultTable(data, rows);
  const all = figureTable(variants);
  const seeds = seedTable(variants);
  return html`<p>${resultNote(data)}${alone ? " One seed has no interval." : ""}${
    few ? " Fewer than two pairs of seeds: too few for the interval of a difference." : ""
  }</p>
${
    table(
      "Results",
      head,
      cells.map(([title, ...rest], place) => [
        html`${trusted(markOf(place))} ${title}`,
        ...rest,
      ]),
    )
  }
${table("All figures", all.head, all.rows)}
<details><summary>Every seed</summary>${table("Every seed", seeds.head, seeds.rows)}</details>`;
}

/** The headline figure against each cost that is known. */
export function costs({ measure }: ReportData, rows: readonly SummaryRow[]): Content {
  if (!measure) return null;
  const { name } = measure;
  const { label, unit } = metricKind(name);
  const axis = (of: string) => {
    const { label, unit } = metricKind(of);
    return unit.symbol === "" ? label : `${label} in ${unit.symbol}`;
  };
  const names: (keyof TrainingCost)[] = ["multiplyAccumulates", "seconds", "peakBytes"];
  const charts = names.map((cost) => {
    const { label: costLabel, unit: { scale } } = metricKind(cost);
    const spots = rows.flatMap((row, place) => {
      const value = row.cost[cost];
      if (!row.measure || value === null) return [];
      const { mean, halfWidth } = row.measure;
      return [{
        title: row.title,
        place,
        x: value * scale,
        y: mean * unit.scale,
        halfWidth: halfWidth === null ? null : halfWidth * unit.scale,
      }];
    });
    if (spots.length === 0) return null;
    const title = `${label} against ${costLabel}`;
    const behind = table(
      title,
      ["variant", costLabel, label],
      spots.map(({ title, place }) => [
        title,
        formatCost(cost, rows[place].cost[cost]),
        formatEstimate(name, rows[place].measure),
      ]),
    );
    const frame = { height: 260, x: `${axis(cost)} →`, y: `↑ ${axis(name)}` };
    return figure(title, behind, (width) => spotChart(spots, { ...frame, width }));
  });
  return [...charts, legend(rows.map(({ title }, place) => ({ title, place })))];
}

/** Cells without figures of their own, with the reasons. */
export function leftOut({ leftOut: cells }: ReportData): Html | null {
  if (cells.length === 0) return null;
  const rows = cells.map(({ cell, state, reason }) => [cell, state, reason]);
  return table("Cells without figures of their own", ["cell", "state", "reason"], rows);
}
