import { formatMetric, isSetLoss, metricKind } from "@videoms/core/plain";
import { type Html, html, type HtmlContent, htmlTable } from "@videoms/core";
import type { Curve } from "@videoms/data";
import { lineChart, type Point, type Series } from "../charts.ts";
import type { ReportData, Variant } from "../report_data.ts";
import { axisLabel, chartFigure, legend } from "./chart_figure.ts";

/** Points of a line; more cannot be told apart on a page. */
const MOST_POINTS = 240;

const TABLE_ROWS = 12;

/** Every k-th value and the last, so that there are about as many as asked for. */
function thin<T>(values: readonly T[], most: number): T[] {
  const every = Math.ceil(values.length / most);
  return values.filter((_, at) => at % every === 0 || at === values.length - 1);
}

/** The mean of several lines at the steps that all of them have. */
function meanLine([first, ...rest]: readonly (readonly Point[])[]): Point[] {
  const others = rest.map((line) => new Map(line.map(({ x, y }) => [x, y])));
  return first.flatMap(({ x, y }) => {
    const values = [y, ...others.flatMap((line) => line.get(x) ?? [])];
    if (values.length <= others.length) return [];
    return [{ x, y: values.reduce((a, b) => a + b, 0) / values.length }];
  });
}

/** A number of all runs by variant, in the unit of its axis; variants without it are left out. */
function seriesOf(variants: readonly Variant[], { name, source }: Curve): Series[] {
  const { scale } = metricKind(name).unit;
  return variants.flatMap(({ title, members }, place) => {
    const curves = members.flatMap(({ runs }) => runs.flatMap((run) => run.curves));
    const lines = curves.filter((one) => one.name === name && one.source === source)
      .map(({ points }) =>
        points.filter(({ value }) => Number.isFinite(value))
          .map(({ step, value }) => ({ x: step, y: value * scale }))
      )
      .filter((line) => line.length > 0);
    if (lines.length === 0) return [];
    const seeds = lines.map((line) => thin(line, MOST_POINTS));
    return [{ title, place, mean: thin(meanLine(lines), MOST_POINTS), seeds }];
  });
}

/** A chart of a number by step; null where there are no two steps to draw a line between. */
function curveChart({ variants }: ReportData, curve: Curve): Html | null {
  const { name, title } = curve;
  const { scale } = metricKind(name).unit;
  const series = seriesOf(variants, curve);
  const steps = [...new Set(series.flatMap(({ mean }) => mean.map(({ x }) => x)))]
    .sort((a, b) => a - b);
  if (steps.length < 2) return null;
  const text = (y: number) => formatMetric(name, y / scale);
  const levels = new Set(series.flatMap(({ seeds }) => seeds.flat().map(({ y }) => y)));
  const [level] = levels;
  if (levels.size === 1) return html`<p>${title}: ${text(level)} at all steps.</p>`;
  const rows = thin(steps, TABLE_ROWS).map((step) => [
    step,
    ...series.map(({ mean }) => {
      const point = mean.find(({ x }) => x === step);
      return point ? text(point.y) : "–";
    }),
  ]);
  const data = htmlTable(
    `${title}: means by step`,
    ["step", ...series.map((one) => one.title)],
    rows,
  );
  const frame = { height: 300, x: "step →", y: `↑ ${axisLabel(name)}` };
  return html`${chartFigure(title, data, (width) => lineChart(series, { ...frame, width }))}
${legend(series)}`;
}

/** Charts of numbers of whole runs, one for every place that they come from. */
export function curves(data: ReportData, names: readonly string[]): HtmlContent {
  const all = data.variants.flatMap(({ members }) =>
    members.flatMap(({ runs }) => runs.flatMap((run) => run.curves))
  ).filter(({ name, last: { head } }) =>
    head === null && (names.includes(name) || (isSetLoss(name) && names.includes("loss")))
  );
  const different = new Map(all.map((curve) => [`${curve.name}\n${curve.source}`, curve]));
  return [...different.values()].map((curve) => curveChart(data, curve))
    .filter((chart) => chart !== null);
}
