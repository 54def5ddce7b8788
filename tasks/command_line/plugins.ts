import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRegistry, type Plugin, pluginsOf, type Registry } from "@videoms/core";
import * as data from "@videoms/data";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";

/** The plugins that come with VideoMS: whatever its packages export. */
export function shippedPlugins(): Plugin[] {
  return [masking, models, data].flatMap((module) => pluginsOf(module));
}

/** A module's address, from a path (`./x.ts`, `x.ts`), a URL or a package's name. */
function moduleAddress(specifier: string): string {
  const isPath = /^[./]/.test(specifier) || isAbsolute(specifier) ||
    /\.[cm]?[jt]s$/.test(specifier);
  const isUrl = /^[a-z]{2,}:/.test(specifier);
  return isPath && !isUrl ? pathToFileURL(resolve(specifier)).href : specifier;
}

/** The plugins among the exports of a module that may have none, such as a task file. */
export async function exportedPlugins(specifier: string): Promise<Plugin[]> {
  return pluginsOf(await import(moduleAddress(specifier)));
}

/**
 * The plugins that a module exports.
 *
 * @param specifier a path from the working folder, a URL or a package's name
 * @throws {Error} if the module cannot be imported or exports no plugin
 */
export async function loadPlugins(specifier: string): Promise<Plugin[]> {
  let module: Record<string, unknown>;
  try {
    module = await import(moduleAddress(specifier));
  } catch (error) {
    throw new Error(
      `Cannot load plugins: "${specifier}" must be a module that runs, got: ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  }
  const plugins = pluginsOf(module);
  if (plugins.length === 0) {
    const names = Object.keys(module).join(", ") || "nothing";
    throw new TypeError(
      `Cannot load plugins: "${specifier}" must export what definePlugin() makes, got ${names}`,
    );
  }
  return plugins;
}

/**
 * The plugins of a run: those that come with VideoMS and those of the given modules.
 *
 * @param more plugins that are known already
 *
 * @throws {Error} as {@linkcode loadPlugins}
 * @throws {TypeError} if two different plugins share a kind and a name
 */
export async function loadRegistry(
  specifiers: readonly string[] = [],
  more: readonly Plugin[] = [],
): Promise<Registry> {
  const loaded = await Promise.all(specifiers.map(loadPlugins));
  return createRegistry([...shippedPlugins(), ...loaded.flat(), ...more]);
}
