import { join } from "node:path";
import { type Command, defineCommand } from "@videoms/data/console";
import { logCsv, readLog } from "@videoms/data";
import { writeAtomically } from "@videoms/data/files";
import { readSavedRun } from "../runs/checkpoint/saved_run.ts";

export const command: Command = defineCommand({
  summary: "export the metrics of a run's log as CSV",
  description: [
    "A row for each step, evaluation and validation of log.jsonl, a column for each metric. The run may " +
    "still be training. TensorBoard needs no export: point it at the run folder.",
  ],
  positionals: [{ name: "run", type: "path", help: "run folder" }],
  flags: {
    format: { type: "text", choices: ["csv"], default: "csv", help: "what to write" },
    out: { type: "file", help: "where to write it (default: standard output)" },
  },
  examples: [
    "export runs/shapes/pretrain > log.csv",
    "export runs/shapes/pretrain --format csv --out log.csv",
  ],
  async run({ flags: { out }, positionals: [run], output }) {
    await readSavedRun(run);
    const text = logCsv(await readLog(join(run, "log.jsonl")));
    if (out !== undefined) return await writeAtomically(out, text);
    output.print(text.trimEnd());
  },
});
