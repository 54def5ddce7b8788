/**
 * Runs that an earlier version began (commit af0a26f, on a CPU with OpenBLAS 0.3.21) and that were killed after
 * three of six steps: `tests/golden/runs` has their task files and run folders. The expected numbers are those of
 * the same runs when that version finished them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { metricKey, metricsOf, readLog } from "@videoms/tasks";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import { COMMANDS } from "../../../tasks/cli.ts";
import { recordingOutput } from "../recording_output.ts";
import { folder } from "../small_task.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

const home = join(folder, "earlier");
await cp(fileURLToPath(new URL("../../golden/runs", import.meta.url)), home, { recursive: true });

/** Runs a command to its end and gives what it said. */
async function command(...args: string[]): Promise<string> {
  const output = recordingOutput();
  const code = await runCommandLine({ name: "deno task", summary: "", commands: COMMANDS }, args, {
    output,
    debug: true,
    signal: new AbortController().signal,
  });
  const said = output.all.join("");
  assert.equal(code, 0, said);
  return said;
}

/** The numbers of a run's log, by event, step and key. */
async function numbers(run: string): Promise<Map<string, number>> {
  const metrics = (await readLog(join(run, "log.jsonl"))).flatMap(metricsOf);
  return new Map(metrics.map((one) => [`${one.event} ${one.step} ${metricKey(one)}`, one.value]));
}

const kinds: [string, Record<string, number>][] = [
  ["pretrain", {
    "step 1 loss": 1.0306861400604248, // a line of the earlier version
    "step 6 loss": 1.037631869316101,
    "evaluation 6 loss": 1.0344045162200928,
    "evaluation 6 last-average/loss": 1.0345178842544556,
  }],
  ["finetune", {
    "validation 3 top1": 0.25,
    "step 6 loss": 2.302591323852539,
    "validation 6 loss": 2.302349311402016,
    "validation 6 top1": 0.5,
    "validation 6 top5": 1,
    "validation 6 last-average/top1": 0.25,
  }],
  ["probe", {
    "step 6 loss": 2.303915023803711,
    "evaluation 6 linear rate=0.1 decay=0/loss": 2.279107751801731,
    "evaluation 6 attentive rate=0.01 decay=0/top5": 0.75,
  }],
];

for (const [kind, expected] of kinds) {
  Deno.test({
    name: `an earlier version's ${kind} is resumed and ends with its numbers`,
    ...LASTING,
    async fn() {
      const run = join(home, "runs", "old", kind);
      await command(kind, join(home, `${kind}.ts`), "--out", run);
      const found = await numbers(run);
      for (const [key, value] of Object.entries(expected)) {
        const got = found.get(key) ?? NaN;
        assert.ok(
          Math.abs(got - value) < 1e-5,
          `${key}: ${got}, expected ${value}\n${[...found.keys()]}`,
        );
      }
    },
  });
}

Deno.test({
  name: "an earlier version's checkpoint is evaluated, and its runs and evaluation are reported",
  ...LASTING,
  async fn() {
    const runs = kinds.map(([kind]) => join(home, "runs", "old", kind));
    const said = await command("report", ...runs, "--out", join(home, "report"));
    assert.match(said, /validation, held-out videos \| 50\.00 % \| 100\.00 %/);
    const evaluated = await command("evaluate", runs[1], "--weights", "last");
    assert.match(evaluated, /top-1 +25\.00 %/);
  },
});
