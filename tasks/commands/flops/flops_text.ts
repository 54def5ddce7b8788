import { tokenGrid } from "@videoms/core";
import { forwardCost, trainingCost } from "@videoms/models";
import type { CostRow, NetworkCosts } from "./network_costs.ts";

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

export function flopsText(name: string, { geometry, parameters, rows }: NetworkCosts): string {
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
