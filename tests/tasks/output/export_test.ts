import assert from "node:assert/strict";
import { readLog } from "@videoms/tasks";
import { parseCsv } from "../../../data/annotations/csv.ts";
import { logCsv, loggedMetrics } from "@videoms/data";
import { userPaths } from "@videoms/data/console";
import { command as exportCommand } from "../../../tasks/commands/export_command.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { recordingOutput } from "../recording_output.ts";
import { registry, smallTask, valuesOf } from "../small_task.ts";

Deno.test("a table has every number of the measuring lines, and gaps where a line has none", () => {
  const text = logCsv([
    { event: "unreadable", path: "a,b" },
    { event: "evaluation", step: 0, split: "held-out", metrics: loggedMetrics({ loss: 2 }) },
    {
      event: "step",
      step: 1,
      epoch: 0,
      metrics: [...loggedMetrics({ loss: 1e-7, top5: undefined }), { name: "norm", value: null }],
    },
    { event: "validation", step: 1, metrics: loggedMetrics({ loss: 0.5 }, { weights: "best" }) },
  ]);
  assert.equal(
    text,
    "event,step,epoch,split,loss,norm,best/loss\r\n" +
      "evaluation,0,,held-out,2,,\r\nstep,1,0,train,1e-7,,\r\nvalidation,1,,,,,0.5\r\n",
  );
  assert.equal(logCsv([]), "event,step,epoch,split\r\n");
});

Deno.test({
  name: "the table of a run equals its log",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const task = smallTask("export", { epochs: 1 });
    await pretrain(task, registry);
    const file = `${task.out}.csv`;
    const paths = userPaths();
    const signal = new AbortController().signal;
    const hooks = { paths, signal, output: recordingOutput() };
    await exportCommand.run({ flags: { out: file }, positionals: [task.out!], ...hooks });
    const text = await Deno.readTextFile(file);
    const rows = parseCsv(text, { file, columns: ["event", "step", "loss", "clipsPerSecond"] });
    const lines = (await readLog(`${task.out}/log.jsonl`))
      .filter(({ event }) => event === "step" || event === "evaluation");
    assert.equal(rows.length, lines.length);
    rows.forEach(({ values }, i) => {
      assert.equal(values.event, lines[i].event);
      assert.equal(Number(values.step), lines[i].step);
      const { loss, clipsPerSecond = "" } = valuesOf(lines[i]);
      assert.equal(Number(values.loss), loss);
      assert.equal(values.clipsPerSecond, String(clipsPerSecond));
    });
    const absent = exportCommand.run({ flags: {}, positionals: ["no-run"], ...hooks });
    await assert.rejects(absent, /must hold a run/);
  },
});
