import {
  createRegistry,
  type Json,
  type Plugin,
  type PluginKind,
  pluginsOf,
  type Registry,
} from "@videoms/core";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";
import type { PluginFacts } from "./look_messages.ts";

/** Kinds that the page has controls for. */
const SHOWN: readonly PluginKind[] = ["masking", "frames"];

/**
 * The plugins that a page has: shipped ones, and those of the user's modules.
 *
 * @param modules URLs of modules that were bundled with the page
 */
export async function pageRegistry(modules: readonly string[]): Promise<Registry> {
  const loaded = await Promise.all(modules.map((url) => import(url)));
  return createRegistry([masking, models, ...loaded].flatMap((module) => pluginsOf(module)));
}

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
