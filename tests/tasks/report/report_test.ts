import { topName } from "@videoms/core/plain";
import assert from "node:assert/strict";
import { estimate } from "@videoms/core";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { defineAblation, formatMetric, readLog } from "@videoms/tasks";
import { type Figure, headName, loggedMetrics, sourceId } from "@videoms/data";
import { ablate } from "../../../tasks/compare/ablate/ablate.ts";
import { tickText } from "../../../tasks/compare/report/charts.ts";
import { comparisonTexts } from "../../../tasks/compare/report/comparisons.ts";
import { readReport } from "../../../tasks/compare/report/read_report.ts";
import { readRun } from "../../../tasks/compare/report/read_run.ts";
import type { ReportData } from "../../../tasks/compare/report/report_data.ts";
import { reportMarkdown } from "../../../tasks/compare/report/report_markdown.ts";
import { reportPage } from "../../../tasks/compare/report/report_page.ts";
import { figureTable, resultTable } from "../../../tasks/compare/report/result_tables.ts";
import { summarise, type SummaryRow } from "../../../tasks/compare/report/summarise.ts";
import { filesVersion } from "../../../tasks/compare/report/watch/files_version.ts";
import { serveReport } from "../../../tasks/compare/report/watch/serve_report.ts";
import { recordingOutput } from "../recording_output.ts";
import { folder, registry, smallFinetune, smallTask } from "../small_task.ts";
import { comparedRuns, finetuned, MASKS, probed } from "./real_runs.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** Pre-trainings with two masks and two seeds. */
const compared = await comparedRuns();

/** A copy of what a run says of itself. */
async function copyOfRun(name: string): Promise<string> {
  const copy = `${folder}/${name}`;
  await Deno.mkdir(copy);
  for (const file of ["task.json", "log.jsonl"]) {
    await Deno.copyFile(`${compared[0]}/${file}`, `${copy}/${file}`);
  }
  return copy;
}

/** A figure of the first training of a variant, by where it comes from. */
function figureIn({ variants }: ReportData, at: number, name: string, source: RegExp): string {
  const { head, rows } = figureTable([variants[at]]);
  const column = ["variant", "figures of"].length + head.slice(2).indexOf(name);
  const found = rows.filter(([, from]) => source.test(from));
  assert.equal(found.length, 1, `${source} in ${rows.map(([, from]) => from).join("; ")}`);
  return found[0][column];
}

Deno.test("report: a comparison says what differs, over seeds and over videos, and how many seeds it lacks", () => {
  const text = (
    values: number[],
    videos?: readonly [number, number],
    folds = 0,
    [title, baseline]: [string, string] = ["masking=motion-centric", "masking=tube"],
  ) => {
    const members = Array.from({ length: folds }, (_, fold) => ({ fold: fold + 1 }));
    const measure = { name: "top1", better: "higher" };
    const data = { measure, variants: [{ members }] } as unknown as ReportData;
    return comparisonTexts(data, [{
      title: `${title} at equal epochs`,
      baseline: `${baseline} at equal epochs`,
      at: "equal epochs",
      difference: estimate(values),
      videoDifference: videos ? { count: 128, mean: 0, low: videos[0], high: videos[1] } : null,
    } as SummaryRow])[0];
  };
  assert.equal(
    text([0.1, 0.12, 0.14], [0.05, 0.2]),
    "motion-centric beats tube by 12.00 ± 4.97 points at equal epochs, 3 seeds. Effect size 6.00; " +
      "+5.00 to +20.00 points over 128 videos.",
  );
  assert.match(
    text([-0.1, -0.12, -0.1, -0.12], undefined, 2),
    /^motion-centric loses to tube by 11.00 ± 1.84 points at equal epochs, 2 folds × 2 seeds\. Effect/,
  );
  assert.match(
    text([0.1, 0.3, -0.1]),
    /^motion-centric is not told apart from tube: .10.00 ± 49.68 points at .* 34 pairs of seeds, 31 more, to tell/,
  );
  assert.match(text([0.1, -0.1]), /more than 1,000 pairs of seeds/);
  const levels: [string, string] = ["masking=tube frames=8 of 24", "masking=tube frames=8 of 8"];
  assert.match(text([0.1, 0.11], undefined, 0, levels), /^8 of 24 beats 8 of 8 by 10.50/);
  assert.match(
    text([0.1]),
    /: \+10.00 points at equal epochs, 1 seed\. Two pairs of seeds or more/,
  );
});

Deno.test("report: it opens with the answers, each against the baseline of its own table", () => {
  const figure = { kind: "pretrain", name: "loss", event: "evaluation", head: null } as Figure;
  const variantsAt = (at: string, gain: number) =>
    ["tube", "motion"].map((label) => ({
      title: `masking=${label} at ${at}`,
      at,
      members: [0, 1, 2].map((seed) => {
        const value = 1 + seed / 10 - (label === "motion" ? gain + seed / 100 : 0);
        return {
          name: "cell",
          seed,
          figures: [{ ...figure, value }],
          right: new Map(),
          cost: null,
          runs: [],
        };
      }),
    }));
  const text = reportMarkdown({
    title: "masks",
    measure: { name: "loss", source: sourceId(figure), sourceLabel: "cells", better: "lower" },
    baseline: "masking=tube",
    variants: [...variantsAt("equal epochs", 0.1), ...variantsAt("equal time", 0.2)],
    leftOut: [],
    pictures: [],
  });
  const [title, answers, , ...tables] = text.split("\n\n");
  assert.equal(title, "# masks");
  assert.match(
    answers,
    /^- motion beats tube by 0\.1100 ± \S+ at equal epochs, 3 seeds\. .*\n- motion beats tube by 0\.2100 ± \S+ at equal time/,
  );
  assert.deepEqual(
    tables.slice(0, 2).map((table) => table.match(/ at equal \w+ /g)),
    ["epochs", "time"].map((what) => [` at equal ${what} `, ` at equal ${what} `]),
  );
});

Deno.test("report: numbers at axes are short", () => {
  const texts = [14e9, 2.5e12, 1200, 12, 0.25, 5.800000000000001, 0].map(tickText);
  assert.deepEqual(texts, ["14 G", "2.5 T", "1200", "12", "0.25", "5.8", "0"]);
});

Deno.test({
  name: "report: every comparison equals the one computed from log.jsonl",
  ...LASTING,
  fn: async () => {
    const folders = compared;
    const data = await readReport(folders);
    const rows = summarise(data);
    assert.deepEqual(rows.map(({ title }) => title), ["masking=tube", "masking=random"]);
    const logs = await Promise.all(folders.map((at) => readLog(join(at, "log.jsonl"))));
    const valueOf = (line: typeof logs[0][0], name: string) =>
      (line.metrics as { name: string; value: number }[]).find((one) => one.name === name)!.value;
    rows.forEach((row, place) => {
      const own = logs.slice(2 * place, 2 * place + 2);
      const mean = (of: (log: typeof logs[0]) => number) => (of(own[0]) + of(own[1])) / 2;
      const stepsOf = (log: typeof logs[0]) => log.filter(({ event }) => event === "step");
      const isLast = ({ event }: typeof logs[0][0]) => event === "evaluation";
      assert.equal(row.measure!.mean, mean((log) => valueOf(log.findLast(isLast)!, "loss")));
      const bytes = mean((log) =>
        Math.max(...stepsOf(log).map((line) => valueOf(line, "residentBytes")))
      );
      assert.equal(row.cost.peakBytes, bytes);
      const seconds = mean((log) =>
        stepsOf(log).reduce((sum, line) => sum + 4 / valueOf(line, "clipsPerSecond"), 0)
      );
      assert.ok(Math.abs(row.cost.seconds! - seconds) < 1e-9);
      assert.deepEqual([row.cost.clips, row.seeds], [8, 2]);
      const loss = row.measure!.mean.toFixed(4);
      assert.ok(reportPage(data).includes(loss) && reportMarkdown(data).includes(loss));
    });
  },
});

Deno.test({
  name: "report: accuracies of validations, evaluations and every head are those that were logged",
  ...LASTING,
  fn: async () => {
    const [source] = compared;
    const [tuned, heads] = [await finetuned("tuned", source), await probed("heads", source)];
    const data = await readReport([source, tuned, heads]);
    const lineOf = async (run: string, wanted: string) =>
      (await readLog(join(run, "log.jsonl"))).findLast(({ event }) => event === wanted)!;
    const shownAs = (line: Awaited<ReturnType<typeof lineOf>>, of: object, name: string) => {
      const { weights, head } = of as Record<string, string | undefined>;
      const logged = line.metrics as { name: string; value: number; [of: string]: unknown }[];
      const found = logged.find((one) =>
        one.name === name && one.weights === weights && one.head === head
      )!;
      return formatMetric(name, found.value);
    };
    const evaluated = await lineOf(source, "evaluation");
    const loss = /^pre-training, evaluation, held-out videos$/;
    assert.equal(figureIn(data, 0, "loss", loss), shownAs(evaluated, {}, "loss"));
    const validated = await lineOf(tuned, "validation");
    for (const [name, label] of [["top1", "top-1"], ["top5", "top-5"], ["loss", "loss"]]) {
      const own = /^fine-tuning, validation, held-out videos$/;
      assert.equal(figureIn(data, 1, label, own), shownAs(validated, {}, name));
      const average = /^fine-tuning, validation, .* last-average weights$/;
      const logged = shownAs(validated, { weights: "last-average" }, name);
      assert.equal(figureIn(data, 1, label, average), logged);
    }
    const [at] = [...Deno.readDirSync(`${tuned}/evaluation`)];
    const summary = JSON.parse(
      await Deno.readTextFile(`${tuned}/evaluation/${at.name}/evaluation.json`),
    );
    const views = /^fine-tuning, evaluation, held-out videos, 2 × 3 views$/;
    for (
      const [name, label] of [["top1", "top-1"], ["topK", "top-5"], [
        "meanClass",
        "mean class accuracy",
      ], ["calibrationError", "calibration error"]]
    ) {
      const value = formatMetric(name === "topK" ? topName(summary.k) : name, summary[name]);
      assert.equal(figureIn(data, 1, label, views), value);
    }
    assert.equal(data.measure!.sourceLabel.match(views)?.length, 1, "many views are the headline");
    const rated = await lineOf(heads, "evaluation");
    for (const kind of ["linear", "attentive"]) {
      for (const rate of [1, 0.1]) {
        const head = headName({ kind, rate, decay: 0.1 });
        const from = new RegExp(`^probe, evaluation, held-out videos, 2 × 1 views, ${head} head$`);
        for (const [name, label] of [["top1", "top-1"], ["top5", "top-5"], ["loss", "loss"]]) {
          assert.equal(figureIn(data, 2, label, from), shownAs(rated, { head }, name));
        }
      }
    }
    for (const { figures, cost } of data.variants.flatMap(({ members }) => members)) {
      const page = reportPage(data);
      assert.ok(cost!.clips > 0 && cost!.multiplyAccumulates! > 0);
      for (const { name, value } of figures) assert.ok(page.includes(formatMetric(name, value)));
    }
  },
});

Deno.test("report: logs and evaluations of an earlier version are read", async () => {
  // Written by the tests' small runs with EMA, two epochs of three steps, at commit 099754f; a fine-tuning of the
  // pre-training, evaluated twice, and a probe of it.
  const at = (name: string) => fileURLToPath(import.meta.resolve(`./earlier_logs/${name}`));
  const data = await readReport(["pretrain", "finetune", "probe"].map(at));
  const shown = (place: number, name: string, source: RegExp) =>
    figureIn(data, place, name, source);
  assert.equal(shown(0, "loss", /evaluation, held-out videos$/), "1.0263");
  assert.equal(shown(0, "loss", /evaluation, held-out videos, last-average weights$/), "1.0429");
  assert.equal(shown(0, "loss", /training steps$/), "1.0322");
  assert.equal(shown(1, "top-1", /validation, held-out videos$/), "50.00 %");
  assert.equal(shown(1, "top-5", /validation, held-out videos, last-average/), "75.00 %");
  assert.equal(shown(1, "mean class accuracy", /evaluation, .* 2 × 3 views$/), "50.00 %");
  assert.equal(shown(1, "top-1", /evaluation, .* 1 × 1 views, best-average weights$/), "25.00 %");
  assert.equal(shown(2, "top-1", /evaluation, held-out videos, attentive rate=0.1/), "25.00 %");
  assert.equal(shown(2, "loss", /evaluation, held-out videos$/), "1.8509", "of the best head");
  assert.deepEqual(
    data.variants.map(({ members: [{ cost }] }) => [cost!.clips, cost!.multiplyAccumulates]),
    [[24, 91459584], [24, 90288000], [24, 46609920]],
  );
});

Deno.test({
  name: "report: damaged lines are left out and counted, a line that is being written is neither",
  fn: async () => {
    const run = await copyOfRun("damaged");
    const whole = (await readRun(run))!;
    const text = await Deno.readTextFile(join(run, "log.jsonl"));
    const lines = text.trimEnd().split("\n");
    const damaged = [lines[0], '{"st', "[1]", ...lines.slice(1), '{"step":'].join("\n");
    await Deno.writeTextFile(join(run, "log.jsonl"), damaged);
    assert.deepEqual(await readRun(run), { ...whole, damagedLines: 2 });
  },
});

Deno.test({
  name: "report: an ablation tells every cell's state, and has the figures of its runs",
  ...LASTING,
  fn: async () => {
    const out = `${folder}/ablation`;
    const { tube, random } = MASKS;
    const none = { ...tube, options: { maskRatio: 0.01 } };
    const masking = (mask: typeof tube | typeof random) => ({ "pretrain.masking": mask } as const);
    const stop = new AbortController();
    const task = defineAblation({
      name: "grid",
      pretrain: { ...smallTask("unused"), out: null, steps: 2 },
      finetune: { ...smallFinetune("unused"), out: null, steps: 2 },
      axes: {
        run: {
          tube: masking(tube),
          random: masking(random),
          same: masking(tube),
          none: masking(none),
          diverging: { "pretrain.optimizer.lr": 1e30 },
          late: { "pretrain.accumulate": 2 },
        },
      },
      seeds: [1],
      baseline: { run: "tube" },
      out,
    });
    await ablate(task, registry, {
      signal: stop.signal,
      output: recordingOutput((text) => void (/^cell 4/.test(text) && stop.abort())),
    });
    const data = await readReport([out]);
    assert.deepEqual(
      data.leftOut.map(({ state }) => state),
      ["duplicate", "impossible", "failed", "not finished"],
    );
    const rows = summarise(data);
    const means = Object.fromEntries(rows.map(({ title, measure }) => [title, measure?.mean]));
    assert.equal(means["run=same"], means["run=tube"], "a duplicate has its twin's figures");
    assert.deepEqual([means["run=diverging"], means["run=late"]], [undefined, undefined]);
    assert.equal(rows.find(({ isBaseline }) => isBaseline)!.title, "run=tube");
    for (const level of ["tube", "random"]) {
      const { members: [{ runs }] } = data.variants.find(({ title }) => title === `run=${level}`)!;
      const { folder: tuned } = runs.find(({ record }) => record.task.kind === "finetune")!;
      const [{ name }] = [...Deno.readDirSync(`${tuned}/evaluation`)];
      const path = `${tuned}/evaluation/${name}/evaluation.json`;
      const { top1 } = JSON.parse(await Deno.readTextFile(path));
      assert.equal(means[`run=${level}`], top1);
    }
    const page = reportPage(data);
    const markdown = reportMarkdown(data);
    for (const { reason } of data.leftOut) assert.ok(markdown.includes(reason.split(":")[0]));
    for (const row of resultTable(data, rows).rows) {
      assert.ok(markdown.includes(`| ${row.join(" | ")} |`));
      for (const cell of row.slice(1)) assert.ok(page.includes(cell));
    }
  },
});

Deno.test({
  name: "report: text of a task cannot become markup",
  fn: async () => {
    const run = await copyOfRun("markup");
    const record = JSON.parse(await Deno.readTextFile(`${run}/task.json`));
    record.task.name = '"><img src=x>';
    record.task.masking.name = "<script>alert(1)</script>";
    await Deno.writeTextFile(`${run}/task.json`, JSON.stringify(record));
    const page = reportPage(await readReport([run]));
    assert.ok(!page.includes("<script") && !page.includes("<img src=x>"));
  },
});

Deno.test({
  name: "report: a folder without a run and an unknown baseline are refused",
  fn: async () => {
    await assert.rejects(readReport([folder]), /Cannot read .*: it must hold a run or an ablation/);
    const run = await copyOfRun("refused");
    await assert.rejects(readReport([run], "none"), /the baseline must be one of/);
  },
});

Deno.test("watch: an evaluation or a picture is a change, and so is a line; a checkpoint is none", async () => {
  const run = await copyOfRun("changing");
  const write = async (path: string) => {
    await Deno.mkdir(join(run, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(run, path), "{}", { append: true });
    return await filesVersion([run]);
  };
  const versions = [
    await filesVersion([run]),
    await write("log.jsonl"),
    await write("evaluation/test-last-step9-2x3/evaluation.json"),
    await write("pictures/step-00000009.png"),
  ];
  assert.equal(new Set(versions).size, versions.length);
  assert.equal(await write("checkpoints/step-00000009.json"), versions.at(-1));
});

Deno.test({
  name: "watch: the page changes with the log, for this machine alone, until it is told to stop",
  // the tests' permissions name no network where they do not need one
  ignore: (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state !== "granted",
  fn: async () => {
    const run = await copyOfRun("watched");
    const controller = new AbortController();
    const { url, finished } = serveReport([run], 0, controller.signal);
    const version = async () => await (await fetch(`${url}version`)).text();
    const before = await version();
    assert.equal(await version(), before);
    const metrics = loggedMetrics({ loss: 0.4321 });
    const line = { event: "evaluation", step: 4, split: "held-out", metrics };
    await Deno.writeTextFile(join(run, "log.jsonl"), JSON.stringify(line) + "\n", {
      append: true,
    });
    assert.notEqual(await version(), before);
    assert.match(await (await fetch(url)).text(), /0\.4321/);
    const port = Number(new URL(url).port);
    const again = () => serveReport([run], port, controller.signal);
    assert.throws(again, new RegExp(`port ${port} .* another program has; --port names another`));
    assert.throws(() => serveReport([run], 70_000, controller.signal), /port 70000 .*range/);
    controller.abort();
    await finished;
  },
});
