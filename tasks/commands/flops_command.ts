import { loadTask } from "../definition/load_task.ts";
import type { TaskKind } from "../definition/task_kinds.ts";
import { flopsText } from "./flops/flops_text.ts";
import { NETWORK_COSTS } from "./flops/network_costs.ts";
import { type Command, defineCommand } from "./line/command.ts";
import { FINETUNE_FLAGS, PRETRAIN_FLAGS } from "./run_flags.ts";
import { shippedTask, taskOf } from "./task_of.ts";
import { taskFile } from "./training_command.ts";

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
