import { type ClipCost, forwardCost, type MemoryEstimate, trainingCost } from "@videoms/models";
import type { RunTask } from "../../definition/run_task.ts";
import { runFolderOf } from "../training/run_facts.ts";

export interface RunFigures {
  data: string;
  /** The tokens of a clip and what becomes of them. */
  tokens: string;
  /** Values of all tensors of the model. */
  parameters: number;
  /** Multiply-accumulates of one clip. */
  cost: ClipCost;
  memory: MemoryEstimate;
  /** Further texts, by title. */
  more?: Readonly<Record<string, string>>;
}

/** Where texts start. */
const INDENT = 22;

/** Billions with one digit. */
function giga(value: number): string {
  return (value / 1e9).toFixed(value < 1e8 ? 3 : 1);
}

/** What a run would do, for people: the resolved task and what follows from it. */
export function runDescription(task: RunTask, figures: RunFigures): string {
  const { memory } = figures;
  const share = (name: keyof MemoryEstimate) => `${giga(memory[name])} GB`;
  const lines = {
    "run folder": runFolderOf(task),
    data: figures.data,
    "tokens of a clip": figures.tokens,
    ...figures.more,
    parameters: figures.parameters.toLocaleString("en"),
    "multiply-accumulates": `${giga(forwardCost(figures.cost))} G per clip, forward; ` +
      `${giga(trainingCost(figures.cost))} G in training`,
    memory: `${share("total")}: weights and optimiser ${share("state")}, ` +
      `activations ${share("activations")}, data ${share("data")}, program ${share("program")}`,
  };
  return [
    JSON.stringify(task, null, 2),
    "",
    ...Object.entries(lines).map(([title, text]) =>
      title.padEnd(INDENT) + text.replaceAll("\n", "\n".padEnd(INDENT + 1))
    ),
    "",
  ].join("\n");
}
