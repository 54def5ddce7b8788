import type { Json, Plugin, PluginKind, Registry } from "@videoms/core";
import type { PluginFacts } from "./look_messages.ts";

/** Kinds that the page has controls for. */
const SHOWN: readonly PluginKind[] = ["masking", "frames"];

function factsOf({ kind, name, summary, defaults, choices = {}, help = {} }: Plugin): PluginFacts {
  const options = Object.entries(defaults as Record<string, Json>).map(([option, value]) => ({
    name: option,
    value,
    choices: choices[option] ?? null,
    help: help[option] ?? "",
  }));
  return { kind, name, summary, options };
}

/** What can be chosen and set in the page, for its controls. */
export function pluginFacts(registry: Registry): PluginFacts[] {
  return SHOWN.flatMap((kind) => registry.list(kind).map(factsOf));
}
