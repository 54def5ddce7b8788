import type { Registry } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { type Command, defineCommand } from "./line/command.ts";
import { FINETUNE_FLAGS, PRETRAIN_FLAGS } from "./run_flags.ts";
import { shippedTask, taskOf } from "./task_of.ts";
import { encoderOptionsOf, openEncoderSource } from "../runs/encoder/encoder_source.ts";
import { checkFinetuneTask } from "../runs/classifier/finetune_plugins.ts";
import { checkPretrainTask } from "../runs/pretrain/pretrain_plugins.ts";
import { probeHeadsOf } from "../runs/probe/probe_heads_of.ts";
import { checkProbeTask } from "../runs/probe/probe_plugins.ts";
import type { FinetuneTask } from "../definition/finetune_task.ts";
import { loadTask } from "../definition/load_task.ts";
import type { PretrainTask } from "../definition/pretrain_task.ts";
import type { ProbeTask } from "../definition/probe_task.ts";
import type { TaskKind, TaskTypes } from "../definition/task_kinds.ts";
import { geometryOf } from "../runs/network/model_options.ts";
import { finetuneCosts, pretrainCosts, probeCosts } from "./flops/cost_rows.ts";
import { flopsText } from "./flops/flops_text.ts";

type Tell = (text: string) => void;

/** Classes of a head where the lists that tell are not there. */
const ASSUMED_CLASSES = 101;

/**
 * The number of classes of a data set; nothing is rendered or decoded. Lists need not be there: the head is
 * next to nothing of a network.
 */
async function classesOf(
  { data: { dataset } }: FinetuneTask | ProbeTask,
  registry: Registry,
  tell: Tell,
): Promise<number> {
  try {
    return (await registry.create<Dataset>(dataset).summarize()).classes;
  } catch (error) {
    tell(`${ASSUMED_CLASSES} classes assumed. ${(error as Error).message}\n`);
    return ASSUMED_CLASSES;
  }
}

function describePretrain(task: PretrainTask, registry: Registry): string {
  checkPretrainTask(task, registry);
  return flopsText(task.name, geometryOf(task), pretrainCosts(task, registry));
}

async function describeFinetune(
  task: FinetuneTask,
  registry: Registry,
  tell: Tell,
): Promise<string> {
  checkFinetuneTask(task, registry);
  const costs = finetuneCosts(task, await classesOf(task, registry, tell), registry);
  return flopsText(task.name, geometryOf(task), costs);
}

async function describeProbe(
  task: ProbeTask,
  registry: Registry,
  tell: Tell,
): Promise<string> {
  checkProbeTask(task, registry);
  using source = await openEncoderSource(task.encoder.from);
  const options = encoderOptionsOf(source.task, registry);
  const heads = probeHeadsOf(task, options.encoder, await classesOf(task, registry, tell));
  return flopsText(task.name, options.geometry, probeCosts(task, options, heads, registry));
}

/** What each kind of task says of its costs. */
const DESCRIBE: {
  readonly [Kind in TaskKind]: (
    task: TaskTypes[Kind],
    registry: Registry,
    tell: Tell,
  ) => string | Promise<string>;
} = { pretrain: describePretrain, finetune: describeFinetune, probe: describeProbe };

const { annotations, frames, set, plugin, masking, objective } = PRETRAIN_FLAGS;
const { tokens } = FINETUNE_FLAGS;

export const flopsCommand: Command = defineCommand({
  name: "flops",
  summary: "parameters and multiply-accumulates of a task's networks, by part",
  description: [
    "Forward is one clip through the network once. In training the backward pass counts as two forward " +
    "passes; what has no gradient (a frozen encoder, a teacher, the choice among candidate frames) counts once.",
  ],
  positionals: [{
    name: "task file",
    type: "module",
    optional: true,
    help: "module that exports a task of any kind (default: tasks/ucf101/pretrain.ts)",
  }],
  flags: { annotations, frames, masking, objective, tokens, set, plugin },
  examples: ["flops", "flops --set model.size=large", "flops tasks/shapes/finetune.ts"],
  async run({ flags, positionals: [file = shippedTask("ucf101/pretrain.ts")], paths, output }) {
    const describe = async <Kind extends TaskKind>(kind: Kind) => {
      const { task, registry } = await taskOf(file, kind, flags, paths);
      return await DESCRIBE[kind](task, registry, (text) => output.printError(text));
    };
    const { kind } = await loadTask(file, "pretrain", "finetune", "probe");
    output.print(await describe(kind));
  },
});
