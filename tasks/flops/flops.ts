import type { Output } from "../output/output.ts";
import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import { motionCentricTokens, tube } from "@videoms/masking";
import type { MaskingStrategy } from "@videoms/masking";
import {
  type CostByPart,
  maskedAutoencoderCost,
  maskedAutoencoderSpecs,
  totalCost,
  videoClassifierCost,
  videoClassifierSpecs,
} from "@videoms/models";
import { autoencoderOf, classifierOf } from "../training/model_options.ts";
import type { PretrainTask } from "../task/pretrain_task.ts";

/** One way of running a network, with its cost per clip. */
export interface CostRow {
  name: string;
  /** Tokens that go through the encoder. */
  tokens: number;
  /** Multiply-accumulates of one clip's forward pass. */
  parts: CostByPart;
}

/** Classes of UCF101, for heads of tasks that name none. */
const DEFAULT_CLASSES = 101;

/** Costs of pre-training a task's model: with its own strategy, and with tube masks to compare. */
export function pretrainCosts(
  task: PretrainTask,
  strategy: MaskingStrategy,
  registry?: Registry,
): CostRow[] {
  const options = autoencoderOf(task, registry);
  const grid = tokenGrid(options.geometry);
  const row = (name: string, { counts }: MaskingStrategy): CostRow => {
    const { visible, target } = counts(grid);
    return { name, tokens: visible, parts: maskedAutoencoderCost(options, visible, target) };
  };
  const tubeOf = (maskRatio: number) => tube.create({ ...tube.defaults, maskRatio });
  return [
    row(`pre-training, ${strategy.name}`, strategy),
    row("pre-training, tube 0.9", tubeOf(0.9)),
    row("pre-training, tube 0.75", tubeOf(0.75)),
  ];
}

/** Costs of fine-tuning a task's encoder with motion-centric tokens and with all. */
export function finetuneCosts(
  task: PretrainTask,
  dropRatio = 0.4,
  registry?: Registry,
): CostRow[] {
  const options = classifierOf(task, DEFAULT_CLASSES, registry);
  const grid = tokenGrid(options.geometry);
  const row = (name: string, kept: number): CostRow => ({
    name,
    tokens: kept,
    parts: videoClassifierCost(options, kept),
  });
  const selection = motionCentricTokens.create({ ...motionCentricTokens.defaults, dropRatio });
  return [
    row("fine-tuning, motion-centric", selection.count(grid)),
    row("fine-tuning, all tokens", grid.tokens),
  ];
}

function giga(value: number): string {
  return `${(value / 1e9).toFixed(value < 1e8 ? 3 : 1)} G`;
}

function printRow(output: Output, { name, tokens, parts }: CostRow): void {
  output.print(
    `  ${name.padEnd(32)} ${giga(totalCost(parts)).padStart(9)}   ${tokens} tokens encoded`,
  );
  for (const [part, cost] of parts) {
    output.print(`    ${part.padEnd(30)} ${giga(cost).padStart(9)}`);
  }
}

/** Prints parameters and multiply-accumulates of a task's networks, by part. */
export function printFlops(
  output: Output,
  task: PretrainTask,
  strategy: MaskingStrategy,
  registry: Registry,
): void {
  const { geometry, ...model } = autoencoderOf(task, registry);
  const { tubelets, rows, columns, tokens } = tokenGrid(geometry);
  const pretrain = countParameters(maskedAutoencoderSpecs({ geometry, ...model }));
  const classifier = classifierOf(task, DEFAULT_CLASSES, registry);
  const finetune = countParameters(videoClassifierSpecs(classifier));
  output.print(`${task.name}: ${tokens} tokens (${tubelets} × ${rows} × ${columns})`);
  output.print("\nParameters");
  output.print(`  pre-training                     ${pretrain.toLocaleString("en")}`);
  output.print(
    `  fine-tuning, ${DEFAULT_CLASSES} classes         ${finetune.toLocaleString("en")}`,
  );
  output.print("\nMultiply-accumulates of one clip, forward, embedding every token");
  for (
    const row of [
      ...pretrainCosts(task, strategy, registry),
      ...finetuneCosts(task, undefined, registry),
    ]
  ) printRow(output, row);
}
