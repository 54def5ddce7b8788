import assert from "node:assert/strict";
import { join } from "node:path";
import { tickText } from "../../../tasks/report/charts.ts";
import { readReport } from "../../../tasks/report/read_report.ts";
import { logEntries } from "../../../tasks/report/read_run.ts";
import { reportMarkdown } from "../../../tasks/report/report_markdown.ts";
import { reportPage } from "../../../tasks/report/report_page.ts";
import { estimate, pairedDifference } from "../../../tasks/report/statistics.ts";
import { summarise } from "../../../tasks/report/summarise.ts";
import { serveReport } from "../../../tasks/report/watch/serve_report.ts";
import { writeAblation, writeRun } from "./written_runs.ts";

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("report: intervals have the width of Student's t", () => {
  // quantiles from printed tables: t(0.975) for 1, 2 and 9 degrees of freedom
  for (const [count, quantile] of [[2, 12.7062], [3, 4.3027], [10, 2.2622]]) {
    const values = Array.from({ length: count }, (_, i) => i * i);
    const mean = values.reduce((a, b) => a + b) / count;
    const deviation = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / (count - 1));
    const { halfWidth } = estimate(values);
    assert.ok(Math.abs(halfWidth! / (deviation / Math.sqrt(count)) - quantile) < 1e-4);
  }
  assert.equal(estimate([5]).halfWidth, null);
  assert.throws(() => estimate([]), RangeError);
});

Deno.test("report: a difference is paired by seed, whatever the order and the missing seeds", () => {
  const a = [{ seed: 3, value: 5 }, { seed: 1, value: 2 }, { seed: 9, value: 100 }];
  const b = [{ seed: 1, value: 1 }, { seed: 2, value: -50 }, { seed: 3, value: 4 }];
  assert.deepEqual(pairedDifference(a, b), { count: 2, mean: 1, halfWidth: 0 });
  assert.equal(pairedDifference(a, []), null);
});

Deno.test("report: numbers at axes are short", () => {
  const texts = [14e9, 2.5e12, 1200, 12, 0.25, 5.800000000000001, 0].map(tickText);
  assert.deepEqual(texts, ["14 G", "2.5 T", "1200", "12", "0.25", "5.8", "0"]);
});

Deno.test("report: damaged lines are left out and counted, a line that is being written is neither", () => {
  const { entries, damagedLines } = logEntries('{"step":1}\n{"st\n[1]\n{"step":2}\n{"step":');
  assert.deepEqual(entries, [{ step: 1 }, { step: 2 }]);
  assert.equal(damagedLines, 2);
});

Deno.test("report: every figure equals the one computed from log.jsonl", () =>
  inFolder(async (folder) => {
    const folders: string[] = [];
    for (const masking of ["tube", "random"]) {
      for (const seed of [1, 2, 3]) {
        folders.push(await writeRun(join(folder, `${masking}-${seed}`), { masking, seed }));
      }
    }
    const data = await readReport(folders);
    const rows = summarise(data);
    assert.deepEqual(rows.map(({ title }) => title), ["masking=tube", "masking=random"]);
    const read = (at: string) =>
      Deno.readTextFileSync(join(at, "log.jsonl")).trim().split("\n").map((line) =>
        JSON.parse(line)
      );
    rows.forEach((row, place) => {
      const logs = folders.slice(3 * place, 3 * place + 3).map(read);
      const mean = (of: (log: Record<string, number>[]) => number) =>
        logs.reduce((sum, log) => sum + of(log), 0) / 3;
      const steps = (log: Record<string, unknown>[]) => log.filter((one) => one.event === "step");
      assert.equal(row.measure!.mean, mean((log) => log.at(-1)!.loss));
      const peak = mean((log) => Math.max(...steps(log).map((one) => one.residentBytes as number)));
      assert.equal(row.cost.peakBytes, peak);
      const seconds = mean((log) =>
        steps(log).reduce((sum, one) => sum + 2 * 4 / (one.clipsPerSecond as number), 0)
      );
      assert.ok(Math.abs(row.cost.seconds! - seconds) < 1e-9);
      const loss = row.measure!.mean.toFixed(4);
      assert.ok(reportPage(data).includes(loss) && reportMarkdown(data).includes(loss));
    });
  }));

Deno.test("report: an ablation tells impossible, failed, duplicate and unfinished cells", () =>
  inFolder(async (folder) => {
    await writeAblation(folder);
    const data = await readReport([folder]);
    const states = data.leftOut.map(({ state }) => state);
    assert.deepEqual(states, ["duplicate", "failed", "impossible", "not finished"]);
    const [tube, same] = summarise(data);
    assert.equal(tube.isBaseline, true);
    assert.equal(same.measure!.mean, tube.measure!.mean, "a duplicate has its twin's figures");
    const page = reportPage(data);
    for (const { reason } of data.leftOut) assert.ok(page.includes(reason));
  }));

Deno.test("report: text of a task cannot become markup", () =>
  inFolder(async (folder) => {
    const run = await writeRun(join(folder, "run"), {
      masking: "<script>alert(1)</script>",
      seed: 1,
      name: '"><img src=x>',
    });
    const page = reportPage(await readReport([run]));
    assert.ok(!page.includes("<script") && !page.includes("<img src=x>"));
  }));

Deno.test("report: a folder without a run and an unknown baseline are refused", () =>
  inFolder(async (folder) => {
    await assert.rejects(readReport([folder]), /Cannot report: .* must hold a run or an ablation/);
    const run = await writeRun(join(folder, "run"), { masking: "tube", seed: 1 });
    await assert.rejects(readReport([run], "none"), /the baseline must be one of/);
  }));

Deno.test({
  name: "watch: the page changes with the log, for this machine alone, until it is told to stop",
  // the tests' permissions name no network where they do not need one
  ignore: (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state !== "granted",
  fn: () =>
    inFolder(async (folder) => {
      const run = await writeRun(join(folder, "run"), { masking: "tube", seed: 1 });
      const controller = new AbortController();
      const { url, finished } = serveReport([run], 0, controller.signal);
      const version = async () => await (await fetch(`${url}version`)).text();
      const before = await version();
      assert.equal(await version(), before);
      const line = { event: "evaluation", step: 4, loss: 0.4321 };
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
    }),
});
