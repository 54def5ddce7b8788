import { type Json, type Plugin, type PluginKind, type Registry } from "@videoms/core";

/** An option of a plugin. */
export interface OptionFacts {
  readonly name: string;
  readonly default: Json;
  /** The values that it takes; null for any of the default's type. */
  readonly choices: readonly Json[] | null;
  /** What it is, in a line; empty if its plugin does not say. */
  readonly help: string;
}

/** A plugin and its options. */
export interface PluginFacts {
  readonly kind: PluginKind;
  readonly name: string;
  /** What it is, in a line. */
  readonly summary: string;
  readonly options: readonly OptionFacts[];
}

function optionsOf({ defaults, choices = {}, help = {} }: Plugin): OptionFacts[] {
  return Object.entries(defaults as Record<string, Json>).map(([name, value]) => ({
    name,
    default: value,
    choices: choices[name] ?? null,
    help: help[name] ?? "",
  }));
}

/** What the plugins of some kinds are, and what can be set of each, as plain JSON. */
export function pluginFacts(registry: Registry, kinds: readonly PluginKind[]): PluginFacts[] {
  return kinds.flatMap((kind) =>
    registry.list(kind).map((plugin) => ({
      kind,
      name: plugin.name,
      summary: plugin.summary,
      options: optionsOf(plugin),
    }))
  );
}
