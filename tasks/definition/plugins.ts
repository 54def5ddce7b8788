import {
  createRegistry,
  type Descriptor,
  type Plugin,
  pluginsOf,
  type Registry,
} from "@videoms/core";
import * as data from "@videoms/data";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";
import { loadPlugins } from "./load_plugins.ts";
import { importModule } from "@videoms/data/files";

/** The plugins that come with VideoMS: whatever its packages export. */
export function shippedPlugins(): Plugin[] {
  return [masking, models, data].flatMap((module) => pluginsOf(module));
}

let shipped: Registry | undefined;

/** A registry of {@linkcode shippedPlugins}, for what must be compared where nobody names others. */
export function shippedRegistry(): Registry {
  return shipped ??= createRegistry(shippedPlugins());
}

/** A registry that another thread can load as well. */
export interface LoadedRegistry extends Registry {
  /** Modules whose plugins it has beside the shipped ones. */
  readonly modules: readonly string[];
}

/**
 * The plugins of a run: those that come with VideoMS and those of the given modules.
 *
 * @throws {Error} as {@linkcode loadPlugins}
 * @throws {TypeError} if two different plugins share a kind and a name
 */
export async function loadRegistry(specifiers: readonly string[] = []): Promise<LoadedRegistry> {
  const loaded = await Promise.all(specifiers.map(loadPlugins));
  return { ...createRegistry([...shippedPlugins(), ...loaded.flat()]), modules: [...specifiers] };
}

/** The plugins of a task file's run: as {@linkcode loadRegistry}, with those that the file exports itself. */
export async function registryOfTask(
  file: string,
  specifiers: readonly string[],
): Promise<LoadedRegistry> {
  const exported = pluginsOf(await importModule(file, "load a task"));
  return await loadRegistry(exported.length > 0 ? [...specifiers, file] : specifiers);
}

/** The modules that {@linkcode loadRegistry} was given for a registry; none for one made otherwise. */
export function modulesOf(registry: Registry): readonly string[] {
  return "modules" in registry ? (registry as LoadedRegistry).modules : [];
}

/**
 * The first of the plugins named that another thread cannot load: it does not come with VideoMS, and
 * the registry was not made by {@linkcode loadRegistry}. Null if there is none.
 *
 * @throws {RangeError} if the registry does not have one
 */
export function foreignPlugin(registry: Registry, needed: readonly Descriptor[]): string | null {
  if ("modules" in registry) return null;
  const shipped = new Set(shippedPlugins());
  const foreign = needed.find(({ kind, name }) => !shipped.has(registry.get(kind, name)));
  return foreign ? `${foreign.kind}/${foreign.name}` : null;
}
