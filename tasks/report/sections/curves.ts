import { formatMetric, metricKind } from "../../output/metrics.ts";
import type { Curve } from "../../runs/log/figure.ts";
import { lineChart } from "../charts.ts";
import { type Content, type Html, html, table } from "../markup.ts";
import type { ReportData } from "../report_data.ts";
import { seriesOf } from "../series.ts";
import { figure, legend } from "./figure.ts";

/** Rows of the table behind a chart. */
const TABLE_ROWS = 12;

/** A chart of a number by step; null where there are no two steps to draw a line between. */
function curveChart({ variants }: ReportData, curve: Curve): Html | null {
  const { name, title } = curve;
  const { label, unit } = metricKind(name);
  const series = seriesOf(variants, curve);
  const steps = [...new Set(series.flatMap(({ mean }) => mean.map(({ x }) => x)))]
    .sort((a, b) => a - b);
  if (steps.length < 2) return null;
  const text = (y: number) => formatMetric(name, y / unit.scale);
  const levels = new Set(series.flatMap(({ seeds }) => seeds.flat().map(({ y }) => y)));
  const [level] = levels;
  if (levels.size === 1) return html`<p>${title}: ${text(level)} at all steps.</p>`;
  const every = Math.ceil(steps.length / TABLE_ROWS);
  const shown = steps.filter((_, at) => at % every === 0 || at === steps.length - 1);
  const rows = shown.map((step) => [
    step,
    ...series.map(({ mean }) => {
      const point = mean.find(({ x }) => x === step);
      return point ? text(point.y) : "–";
    }),
  ]);
  const data = table(`${title}: means by step`, ["step", ...series.map((one) => one.title)], rows);
  const y = unit.symbol === "" ? label : `${label} in ${unit.symbol}`;
  const frame = { height: 300, x: "step →", y: `↑ ${y}` };
  return html`${figure(title, data, (width) => lineChart(series, { ...frame, width }))}
${legend(series)}`;
}

/** Charts of numbers of whole runs, one for every place that they come from. */
function curves(data: ReportData, names: readonly string[]): Content {
  const all = data.variants.flatMap(({ members }) =>
    members.flatMap(({ runs }) => runs.flatMap((run) => run.curves))
  ).filter(({ name, last: { head } }) => head === null && names.includes(name));
  const different = new Map(all.map((curve) => [`${curve.name}\n${curve.source}`, curve]));
  return [...different.values()].map((curve) => curveChart(data, curve))
    .filter((chart) => chart !== null);
}

/** Losses and accuracies by step. */
export function learning(data: ReportData): Content {
  return curves(data, ["loss", "top1"]);
}

/** Learning rate and weight decay by step. */
export function schedule(data: ReportData): Content {
  return curves(data, ["learningRate", "weightDecay"]);
}

/** Speed, waiting and the size of gradients by step. */
export function throughput(data: ReportData): Content {
  return curves(data, ["clipsPerSecond", "waitShare", "gradientNorm"]);
}
