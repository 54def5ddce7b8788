import type { PluginKind } from "@videoms/core";
import { HELP_WIDTH, twoColumns } from "../line/help.ts";
import type { OptionFacts, PluginFacts } from "./plugin_facts.ts";

/** What each kind decides, and the field of a task that names a plugin of it. */
const KINDS: Readonly<Record<PluginKind, { decides: string; field: string }>> = {
  masking: { decides: "tokens that are visible, and those to reconstruct", field: "masking" },
  tokens: { decides: "tokens that a classifier or a probe sees", field: "tokens" },
  frames: { decides: "frames of a clip", field: "frames" },
  backbone: { decides: "blocks of the encoder", field: "model.backbone" },
  dataset: { decides: "videos and their labels", field: "data.dataset" },
  augmentation: { decides: "changes of training clips", field: "augmentation" },
  objective: { decides: "what the decoder predicts", field: "objective" },
};

function optionLine({ name, default: value, choices, help }: OptionFacts): [string, string] {
  // Most lines of help name the choices themselves.
  const isTold = choices === null || choices.every((choice) => help.includes(String(choice)));
  const values = isTold ? "" : `one of ${choices.map((one) => JSON.stringify(one)).join(", ")}; `;
  return [name, `${help} (${values}default ${JSON.stringify(value)})`.trimStart()];
}

function pluginLines({ name, summary, options }: PluginFacts): string[] {
  const lines = twoColumns(options.map(optionLine), HELP_WIDTH, 6);
  return [`  ${name}: ${summary}`, ...lines];
}

/** Plugins with their options, for people. */
export function pluginsText(plugins: readonly PluginFacts[]): string {
  const sections = Map.groupBy(plugins, ({ kind }) => kind);
  return [...sections].map(([kind, ofKind]) => {
    const { decides, field } = KINDS[kind];
    return [`${kind} (${decides}; field ${field})`, ...ofKind.flatMap(pluginLines)].join("\n");
  }).join("\n\n");
}
