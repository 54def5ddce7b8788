import type { Registry } from "@videoms/core";
import { type Command, defineCommand } from "./line/command.ts";
import { registryOfTask } from "../definition/plugins.ts";
import { CHANGED_DATA_FLAG, PLUGIN_FLAG } from "./run_flags.ts";
import { shippedTask } from "./task_of.ts";
import { parseShard } from "../evaluation/evaluate/shard.ts";
import type { AblateTask } from "../definition/ablate_task.ts";
import { loadTask } from "../definition/load_task.ts";
import { ablationWithPaths, pathsOfFile } from "../definition/task_paths.ts";
import { readReport } from "../report/read_report.ts";
import { resultNote, resultTable } from "../report/result_tables.ts";
import { summarise } from "../report/summarise.ts";
import { textTable } from "../output/text_table.ts";
import { report } from "../report/report.ts";
import { ablate, ablationFolder } from "../ablate/ablate.ts";
import { inTurn } from "../ablate/cell_store.ts";
import { planCells, plannedCost } from "../ablate/plan_cells.ts";

async function describeGrid(task: AblateTask, registry: Registry): Promise<string> {
  const cells = await planCells(task, registry, null);
  const lines = cells.map(({ plan: { id, name, skip }, ...cell }) => {
    const what = skip
      ? `${skip.kind}: ${skip.reason}`
      : `${(plannedCost({ ...cell }) / 1e12).toPrecision(3)} T multiply-accumulates`;
    return `${id}  ${name}  ${what}`;
  });
  const able = cells.filter(({ plan }) => !plan.skip).length;
  const note = task.equalCost === "time" ? ", steps to be measured" : "";
  return [...lines, `${able} of ${cells.length} cells would run${note}`].join("\n");
}

export const ablateCommand: Command = defineCommand({
  name: "ablate",
  summary: "train a grid of runs that differ in what is asked, and compare them",
  description: [
    "Trains every combination of the levels of a task file's axes, with every seed: a pre-training, a " +
    "fine-tuning or a probe of it, an evaluation. Each is an ordinary run in the ablation's folder. Started " +
    "again, it repeats no finished cell and goes on inside the one at hand; failed cells are tried again.",
    "Without a task file, random, tube and motion-centric masks are compared on moving shapes.",
  ],
  positionals: [{
    name: "task file",
    type: "module",
    optional: true,
    help: "module that exports an ablation (default: tasks/shapes/ablate.ts)",
  }],
  flags: {
    shard: {
      type: "text",
      value: "i/n",
      help: "work on every n-th cell only, so that processes or machines can share the grid",
    },
    out: {
      type: "path",
      value: "folder",
      sets: "out",
      help: "folder (default runs/<name of the ablation>)",
    },
    ...PLUGIN_FLAG,
    ...CHANGED_DATA_FLAG,
    "dry-run": { type: "boolean", help: "print the grid with its costs, and stop" },
  },
  examples: ["ablate", "ablate tasks/ucf101/ablate.ts --shard 2/4", "ablate --dry-run"],
  whenStopped: "what cells have saved is kept, and the same command goes on",
  async run(
    { flags, positionals: [file = shippedTask("shapes/ablate.ts")], paths, signal, output },
  ) {
    const given = await loadTask(file, "ablate");
    const registry = await registryOfTask(file, flags.plugin);
    const placed = ablationWithPaths(given, pathsOfFile(file), registry);
    const out = flags.out ?? paths.own(ablationFolder(placed));
    const task = out === ablationFolder(placed) ? placed : { ...placed, out };
    if (flags["dry-run"]) {
      output.print(await describeGrid(task, registry));
      return;
    }
    const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
    const { folder, cells, failed, stopped } = await ablate(task, registry, {
      shard,
      changedData: flags["changed-data"],
      signal,
      output,
    });
    const data = await readReport([folder]);
    const { head, rows } = resultTable(data, summarise(data));
    output.print(`${resultNote(data)}\n${textTable([head, ...rows])}`);
    if (cells.some(({ result }) => result?.status === "done")) {
      const { page } = await inTurn(folder, () => report([folder]));
      output.print(`report: ${page}`);
    }
    if (stopped) {
      output.printError(`Stopped; the same command goes on in ${folder}`);
      return;
    }
    if (failed.length > 0) {
      const names = failed.map(({ plan, result }) => `${plan.name} (${result?.reason})`);
      throw new Error(
        `${failed.length} cells failed, the next start tries them again: ${names.join("; ")}`,
      );
    }
  },
});
