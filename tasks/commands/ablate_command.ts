import type { Registry } from "@videoms/core";
import { ablate, ablationFolder } from "../compare/ablate/ablate.ts";
import { inTurn } from "../compare/ablate/cell_store.ts";
import { planCells, plannedCost } from "../compare/ablate/plan_cells.ts";
import type { AblateTask } from "../definition/ablate_task.ts";
import { loadTask } from "../definition/load_task.ts";
import { registryOfTask } from "../definition/plugins.ts";
import { ablationWithPaths, pathsOfFile } from "../definition/task_paths.ts";
import { textTable } from "@videoms/core/plain";
import { comparisonNote, comparisonTexts } from "../compare/report/comparisons.ts";
import { readReport } from "../compare/report/read_report.ts";
import { report } from "../compare/report/report.ts";
import { groupRows, resultNote, resultTable } from "../compare/report/result_tables.ts";
import { summarise } from "../compare/report/summarise.ts";
import { type Command, defineCommand } from "@videoms/data/console";
import { CHANGED_DATA_FLAG, PLUGIN_FLAG, shardOf } from "./run_flags.ts";
import { shippedTask } from "./task_of.ts";
import { taskFile } from "./training_command.ts";

async function describeGrid(task: AblateTask, registry: Registry): Promise<string> {
  const cells = await planCells(task, registry, null);
  const lines = cells.map((cell) => {
    const { id, name, skip } = cell.plan;
    const what = skip
      ? `${skip.kind}: ${skip.reason}`
      : `${(plannedCost(cell) / 1e12).toPrecision(3)} T multiply-accumulates`;
    return `${id}  ${name}  ${what}`;
  });
  const able = cells.filter(({ plan }) => !plan.skip).length;
  const note = task.equalCost === "time" ? ", steps to be measured" : "";
  return [...lines, `${able} of ${cells.length} cells would run${note}`].join("\n");
}

export const command: Command = defineCommand({
  summary: "train a grid of runs that differ in the fields under study, and compare them",
  description: [
    "Trains every combination of the levels of a task file's axes, with every seed: a pre-training, a " +
    "fine-tuning or a probe of it, an evaluation. Each is an ordinary run in the ablation's folder. Started " +
    "again, it repeats no finished cell and resumes the one that was stopped; failed cells are tried again.",
    "Without a task file, random, tube and motion-centric masks are compared on moving shapes.",
  ],
  positionals: [taskFile("an ablation", "shapes/ablate.ts")],
  flags: {
    shard: {
      type: "text",
      value: "i/n",
      help: "run every n-th cell only, to share the grid between machines; without mpirun",
    },
    out: { type: "folder", sets: "out", help: "folder of the ablation (default runs/<its name>)" },
    ...PLUGIN_FLAG,
    ...CHANGED_DATA_FLAG,
    dryRun: { type: "boolean", help: "print the grid with its costs, and stop" },
  },
  examples: ["ablate", "ablate tasks/ucf101/ablate.ts --shard 2/4", "ablate --dry-run"],
  whenStopped: "what cells have saved is kept, and the same command resumes",
  async run(
    { flags, positionals: [file = shippedTask("shapes/ablate.ts")], paths, signal, output },
  ) {
    const given = await loadTask(file, "ablate");
    const registry = await registryOfTask(file, flags.plugin);
    const placed = ablationWithPaths(given, pathsOfFile(file), registry);
    const out = flags.out ?? paths.own(ablationFolder(placed));
    const task = out === ablationFolder(placed) ? placed : { ...placed, out };
    if (flags.dryRun) return output.print(await describeGrid(task, registry));
    const shard = shardOf(flags.shard);
    const { changedData } = flags;
    const options = { shard, changedData, signal, output };
    const { folder, cells, failed, stopped } = await ablate(task, registry, options);
    const data = await readReport([folder]);
    const summary = summarise(data);
    const tables = groupRows(summary).map((group) => {
      const { head, rows } = resultTable(data, group);
      return textTable([head, ...rows]);
    });
    output.print([resultNote(data), ...tables].join("\n"));
    const compared = comparisonTexts(data, summary);
    if (compared.length > 0) output.print(`\n${[...compared, comparisonNote(data)].join("\n")}\n`);
    if (cells.some(({ result }) => result?.status === "done")) {
      const { page } = await inTurn(folder, () => report([folder]));
      output.print(`report: ${page}`);
    }
    if (stopped) return output.printError(`Stopped; the same command resumes in ${folder}`);
    if (failed.length === 0) return;
    const names = failed.map(({ plan, result }) => `${plan.name} (${result?.reason})`);
    throw new Error(
      `${failed.length} cells failed, the next start tries them again: ${names.join("; ")}`,
    );
  },
});
