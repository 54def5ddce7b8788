import { Buffer } from "node:buffer";
import { formatNumber } from "../output/progress/format.ts";
import { taskDifference } from "../runs/folder/task_difference.ts";
import { lineChart, markOf, type Series, spotChart } from "./charts.ts";
import { formatCost, formatEstimate, formatFigure, nameOfFigure } from "./format_figure.ts";
import { type Content, type Html, html, table, trusted } from "./markup.ts";
import type { ReportCost, ReportData, ReportRun } from "./report_data.ts";
import { curvesOf, pointsOf, replacedOf, stepsOf } from "./run_figures.ts";
import { seriesOf } from "./series.ts";
import type { SummaryRow } from "./summarise.ts";

/** Widths of the two drawings of a chart; the style sheet shows the one that fits. */
const WIDTHS = { narrow: 330, wide: 820 };

/** Rows of the table behind a chart of lines. */
const TABLE_ROWS = 12;

const COSTS: Readonly<Record<keyof ReportCost, string>> = {
  multiplyAccumulates: "multiply-accumulates",
  seconds: "time",
  peakBytes: "peak memory",
  clips: "clips",
};

/** Both drawings of a chart, named for those who cannot see it, with its figures behind. */
function figure(title: string, data: Html, draw: (width: number) => string): Html {
  return html`
    <figure>
      <figcaption>${title}</figcaption>
      <div role="img" aria-label="${title}">
        <div class="wide">${trusted(draw(WIDTHS.wide))}</div>
        <div class="narrow">${trusted(draw(WIDTHS.narrow))}</div>
      </div>
      <details><summary>Figures<span class="hidden">: ${title}</span></summary>${data}</details>
    </figure>
  `;
}

function legend(series: readonly { title: string; place: number }[]): Html {
  return html`<ul class="legend">${
    series.map(({ title, place }) => html`<li>${trusted(markOf(place))} ${title}</li>`)
  }</ul>`;
}

/** A chart of lines over steps. */
function lines(title: string, y: string, series: readonly Series[]): Html | null {
  if (series.every(({ mean }) => mean.length === 0)) return null;
  const levels = new Set(series.flatMap(({ seeds }) => seeds.flat().map((point) => point.y)));
  const [level] = levels;
  if (levels.size === 1) return html`<p>${title}: ${formatNumber(level)} at all steps.</p>`;
  const steps = [...new Set(series.flatMap(({ mean }) => mean.map(({ x }) => x)))]
    .sort((a, b) => a - b);
  const every = Math.ceil(steps.length / TABLE_ROWS);
  const shown = steps.filter((_, at) => at % every === 0 || at === steps.length - 1);
  const rows = shown.map((step) => [
    step,
    ...series.map(({ mean }) => {
      const point = mean.find(({ x }) => x === step);
      return point ? formatNumber(point.y) : "–";
    }),
  ]);
  const data = table(`${title}: means by step`, ["step", ...series.map((one) => one.title)], rows);
  const frame = { height: 300, x: "step →", y: `↑ ${y}` };
  return html`${figure(title, data, (width) => lineChart(series, { ...frame, width }))}
${legend(series)}`;
}

/** The table of results. */
export function results({ measure, baseline }: ReportData, rows: readonly SummaryRow[]): Html {
  if (!measure) return html`<p>No run has logged a figure yet.</p>`;
  const { name, better } = measure;
  const alone = rows.some((row) => row.measure && row.measure.halfWidth === null);
  const few = rows.some(({ difference }) => difference && difference.halfWidth === null);
  const compared = baseline !== null;
  const head = ["variant", "seeds", nameOfFigure(name), ...compared ? ["difference"] : []];
  return html`<p>Mean ± 95 % interval over seeds (Student's t); ${better} is better.${
    compared ? ` Differences are to “${baseline}”, paired by seed.` : ""
  }${alone ? " One seed has no interval." : ""}${
    few ? " Fewer than two pairs of seeds: too few for the interval of a difference." : ""
  }</p>
${
    table(
      "Results",
      [...head, ...Object.values(COSTS)],
      rows.map((row, place) => [
        html`${trusted(markOf(place))} ${row.title}`,
        row.measure?.count ?? 0,
        formatEstimate(name, row.measure),
        ...compared
          ? [row.isBaseline ? "baseline" : formatEstimate(name, row.difference, true)]
          : [],
        ...(Object.keys(COSTS) as (keyof ReportCost)[]).map((key) =>
          formatCost(key, row.cost[key])
        ),
      ]),
    )
  }`;
}

/** Final figures of every seed. */
export function seedTable({ variants }: ReportData): Html {
  const names = [
    ...new Set(
      variants.flatMap(({ members }) => members.flatMap(({ metrics }) => Object.keys(metrics))),
    ),
  ];
  const rows = variants.flatMap((variant) =>
    variant.members.map(({ seed, name, metrics }): Content[] => [
      variant.title,
      seed,
      ...names.map((one) => one in metrics ? formatFigure(one, metrics[one]) : "–"),
      name,
    ])
  );
  const head = ["variant", "seed", ...names.map(nameOfFigure), "from"];
  return html`<details><summary>Every seed</summary>${table("Every seed", head, rows)}</details>`;
}

/** The headline figure against each cost that is known. */
export function costs(data: ReportData, rows: readonly SummaryRow[]): Content {
  const { measure } = data;
  if (!measure) return null;
  const { name } = measure;
  const scale = name.startsWith("top") ? 100 : 1;
  const units = { multiplyAccumulates: 1, seconds: 1, peakBytes: 2 ** 20, clips: 1 };
  const labels = { ...COSTS, seconds: "time in seconds", peakBytes: "peak memory in MiB" };
  const y = `↑ ${nameOfFigure(name)}${scale === 100 ? " in %" : ""}`;
  const charts = (["multiplyAccumulates", "seconds", "peakBytes"] as const).map((key) => {
    const spots = rows.flatMap(({ title, measure, cost }, place) => {
      const value = cost[key];
      if (!measure || value === null) return [];
      const halfWidth = measure.halfWidth === null ? null : measure.halfWidth * scale;
      return [{ title, place, x: value / units[key], y: measure.mean * scale, halfWidth }];
    });
    if (spots.length === 0) return null;
    const title = `${nameOfFigure(name)} against ${COSTS[key]}`;
    const behind = table(
      title,
      ["variant", COSTS[key], nameOfFigure(name)],
      spots.map((spot) => [
        spot.title,
        formatCost(key, spot.x * units[key]),
        formatEstimate(name, rows[spot.place].measure),
      ]),
    );
    const frame = { height: 260, x: `${labels[key]} →`, y };
    return figure(title, behind, (width) => spotChart(spots, { ...frame, width }));
  });
  return [...charts, legend(rows.map(({ title }, place) => ({ title, place })))];
}

function kindsOf({ variants }: ReportData): string[] {
  const runs = variants.flatMap(({ members }) => members.flatMap((member) => member.runs));
  return [...new Set(runs.map((run) => run.record.task.kind))];
}

/** Charts of some logged fields, for every kind of run. */
function fieldCharts(data: ReportData, fields: Readonly<Record<string, string>>): Content {
  return kindsOf(data).flatMap((kind) =>
    Object.entries(fields).map(([field, title]) => {
      const series = seriesOf(data.variants, kind, (run) => pointsOf(stepsOf(run), field));
      return lines(`${title} (${kind})`, title, series);
    })
  );
}

/** Losses and accuracies by step. */
export function learning(data: ReportData): Content {
  const charts = kindsOf(data).flatMap((kind) =>
    ["trainLoss", "heldOutLoss", "top1"].map((name) => {
      const series = seriesOf(data.variants, kind, (run) => curvesOf(run)[name] ?? []);
      return lines(`${nameOfFigure(name)} (${kind})`, nameOfFigure(name), series);
    })
  );
  return charts;
}

/** Rates by step. */
export function schedule(data: ReportData): Content {
  return fieldCharts(data, { learningRate: "learning rate", weightDecay: "weight decay" });
}

/** Speed, waiting and the size of gradients by step. */
export function throughput(data: ReportData): Content {
  return fieldCharts(data, {
    clipsPerSecond: "clips per second",
    waitShare: "share of the time that waits for clips",
    gradientNorm: "norm of the gradient",
  });
}

function allRuns({ variants }: ReportData): { title: string; run: ReportRun }[] {
  return variants.flatMap(({ title, members }) =>
    members.flatMap(({ runs }) => runs.map((run) => ({ title, run })))
  );
}

/** Device, versions, replaced clips and the state of the log, a row for each run. */
export function environment(data: ReportData): Html {
  const head = [
    "run",
    "variant",
    "device",
    "versions",
    "started",
    "resumed",
    "replaced clips",
    "log",
  ];
  return table(
    "Runs",
    head,
    allRuns(data).map(({ title, run }) => {
      const { record, damagedLines, entries } = run;
      const { videoms, deno, tfjs } = record.versions;
      const state = entries.length === 0 ? "empty" : `${entries.length} lines`;
      return [
        run.folder,
        title,
        String(record.device ?? "–"),
        `VideoMS ${videoms}, Deno ${deno}, TensorFlow.js ${tfjs}`,
        record.created,
        record.resumed?.length ?? 0,
        replacedOf(run),
        damagedLines > 0 ? `${state}, ${damagedLines} damaged lines left out` : state,
      ];
    }),
  );
}

/** What tells each variant's tasks from the first one's, and all tasks whole. */
export function tasks(data: ReportData): Html {
  const runs = allRuns(data);
  const show = (value: unknown) => value === undefined ? "–" : JSON.stringify(value);
  const rows = runs.flatMap(({ title, run }): Content[][] => {
    const first = runs.find((one) => one.run.record.task.kind === run.record.task.kind)!;
    return taskDifference(first.run.record.task, run.record.task)
      .map(({ path, saved, wanted }) => [title, run.folder, path, show(saved), show(wanted)]);
  });
  const head = ["variant", "run", "field", "in the first run of its kind", "here"];
  return html`${
    rows.length > 0 ? table("Differences", head, rows) : html`<p>All tasks are the same.</p>`
  }
${
    runs.map(({ run }) =>
      html`
        <details>
          <summary>${run.folder}</summary>
          <pre tabindex="0">${JSON.stringify(run.record.task, null, 2)}</pre>
        </details>
      `
    )
  }`;
}

/** Cells without figures of their own, with the reasons. */
export function leftOut({ leftOut: cells }: ReportData): Html | null {
  if (cells.length === 0) return null;
  const rows = cells.map(({ cell, state, reason }) => [cell, state, reason]);
  return table("Cells without figures of their own", ["cell", "state", "reason"], rows);
}

/** The last picture of every run, and those of the ablation. */
export function pictures(data: ReportData): Content {
  const all = [
    ...data.pictures,
    ...allRuns(data).flatMap(({ title, run }) =>
      run.picture ? [{ title: `${title}, ${run.folder}`, png: run.picture }] : []
    ),
  ];
  return all.length === 0 ? null : all.map(({ title, png }) =>
    html`
      <figure
        class="picture"><figcaption>${title}</figcaption><img alt="${title}" src="data:image/png;base64,${Buffer
          .from(png).toString("base64")}"></figure>
    `
  );
}
