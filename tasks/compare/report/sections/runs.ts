import { type Html, html, type HtmlContent, htmlTable } from "@videoms/core";
import { Buffer } from "node:buffer";
import { taskDifference } from "../../../runs/folder/task_difference.ts";
import type { ReportData } from "../report_data.ts";
import type { ReportRun } from "../read_run.ts";

function allRuns({ variants }: ReportData): { title: string; run: ReportRun }[] {
  return variants.flatMap(({ title, members }) =>
    members.flatMap(({ runs }) => runs.map((run) => ({ title, run })))
  );
}

/** What is told of a run beside its numbers, by title of the column. */
function facts({ title, run }: { title: string; run: ReportRun }) {
  const { folder, curves, record, damagedLines, lines } = run;
  const { videoms, deno, tfjs } = record.versions;
  const state = lines === 0 ? "empty" : `${lines} lines`;
  const replaced = curves.filter(({ name }) => name === "replacedClips")
    .flatMap(({ points }) => points);
  return {
    run: folder,
    variant: title,
    device: String(record.device ?? "–"),
    versions: `VideoMS ${videoms}, Deno ${deno}, TensorFlow.js ${tfjs}`,
    started: record.created,
    resumed: record.resumed?.length ?? 0,
    "replaced clips": replaced.reduce((sum, { value }) => sum + value, 0),
    log: damagedLines > 0 ? `${state}, ${damagedLines} damaged lines left out` : state,
  };
}

/** Device, versions, replaced clips and the state of the log, a row for each run. */
export function environment(data: ReportData): Html | null {
  const rows = allRuns(data).map(facts);
  if (rows.length === 0) return null;
  return htmlTable("Runs", Object.keys(rows[0]), rows.map((row) => Object.values(row)));
}

/** How each variant's tasks differ from the first one's, and all tasks whole. */
export function tasks(data: ReportData): Html {
  const runs = allRuns(data);
  const show = (value: unknown) => value === undefined ? "–" : JSON.stringify(value);
  const rows = runs.flatMap(({ title, run }): HtmlContent[][] => {
    const first = runs.find((one) => one.run.record.task.kind === run.record.task.kind)!;
    return taskDifference(first.run.record.task, run.record.task)
      .map(({ path, saved, wanted }) => [title, run.folder, path, show(saved), show(wanted)]);
  });
  const head = ["variant", "run", "field", "in the first run of its kind", "here"];
  return html`${
    rows.length > 0 ? htmlTable("Differences", head, rows) : html`<p>All tasks are the same.</p>`
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

/** The last picture of every run, and those of the ablation. */
export function pictures(data: ReportData): HtmlContent {
  const ofRuns = allRuns(data).flatMap(({ title, run: { folder, picture: png } }) =>
    png ? [{ title: `${title}, ${folder}`, png }] : []
  );
  return [...data.pictures, ...ofRuns].map(({ title, png }) => {
    const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    return html`
      <figure
        class="picture"><figcaption>${title}</figcaption><img alt="${title}" src="${source}"></figure>
    `;
  });
}
