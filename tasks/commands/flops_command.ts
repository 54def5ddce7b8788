import { tokenGrid } from "@videoms/core";
import { forwardCost, trainingCost } from "@videoms/models";
import { loadTask } from "../definition/load_task.ts";
import type { TaskKind } from "../definition/task_kinds.ts";
import { type CostRow, NETWORK_COSTS, type NetworkCosts } from "./network_costs.ts";
import { type Command, defineCommand } from "@videoms/data/console";
import { FINETUNE_FLAGS, PRETRAIN_FLAGS } from "./run_flags.ts";
import { shippedTask, taskOf } from "./task_of.ts";
import { taskFile } from "./training_command.ts";

const NAME_WIDTH = 32;

const FIGURE_WIDTH = 10;

/** Billions, smaller figures in millions: "19.8 G", "77.6 M", "0.078 M". */
function figure(value: number): string {
  const text = value < 1e8
    ? `${(value / 1e6).toFixed(value < 1e6 ? 3 : 1)} M`
    : `${(value / 1e9).toFixed(1)} G`;
  return text.padStart(FIGURE_WIDTH);
}

function rowLines({ name, tokens, cost }: CostRow): string[] {
  const part = (name: string, value: number) =>
    `    ${name.padEnd(NAME_WIDTH - 2)}${figure(value)}`;
  return [
    `  ${name.padEnd(NAME_WIDTH)}${figure(forwardCost(cost))}` +
    `${figure(trainingCost(cost))}   ${tokens} tokens encoded`,
    ...[...cost.forward].map(([name, value]) => part(name, value)),
    ...[...cost.withoutGradient].map(([name, value]) => part(`${name} (no gradient)`, value)),
  ];
}

function flopsText(name: string, { geometry, parameters, rows }: NetworkCosts): string {
  const { tubelets, rows: high, columns, tokens } = tokenGrid(geometry);
  return [
    `${name}: ${tokens} tokens (${tubelets} × ${high} × ${columns})`,
    "",
    "Parameters",
    ...[...parameters].map(([name, count]) =>
      `  ${name.padEnd(NAME_WIDTH)}${count.toLocaleString("en").padStart(FIGURE_WIDTH + 1)}`
    ),
    "",
    "Multiply-accumulates of one clip, embedding every token: forward, and in training",
    ...rows.flatMap(rowLines),
  ].join("\n");
}

const { annotations, frames, set, plugin, masking, objective } = PRETRAIN_FLAGS;
const { tokens } = FINETUNE_FLAGS;

const DEFAULT_TASK = "ucf101/pretrain.ts";

export const command: Command = defineCommand({
  summary: "count the parameters and multiply-accumulates of a task's networks, by part",
  description: [
    "Forward is one clip through the network once. In training the backward pass counts as two forward " +
    "passes; what has no gradient (a frozen encoder, a teacher, the selection of candidate frames) counts once.",
  ],
  positionals: [taskFile("a task of any kind", DEFAULT_TASK)],
  flags: { annotations, frames, masking, objective, tokens, set, plugin },
  examples: ["flops", "flops --set model.size=large", "flops tasks/shapes/finetune.ts"],
  async run({ flags, positionals: [file = shippedTask(DEFAULT_TASK)], paths, output }) {
    const describe = async <Kind extends TaskKind>(kind: Kind) => {
      const { task, registry } = await taskOf(file, kind, flags, paths);
      return flopsText(task.name, await NETWORK_COSTS[kind](task, registry, output));
    };
    const { kind } = await loadTask(file, "pretrain", "finetune", "probe");
    output.print(await describe(kind));
  },
});
