import { type Plugin, pluginsOf } from "@videoms/core/plain";
import { importModule } from "@videoms/data/files";

/**
 * The plugins that a module exports.
 *
 * @param specifier a path from the working folder, a URL or a package's name
 * @throws {Error} if the module cannot be imported or exports no plugin
 */
export async function loadPlugins(specifier: string): Promise<Plugin[]> {
  const module = await importModule(specifier, "load plugins");
  const plugins = pluginsOf(module);
  if (plugins.length > 0) return plugins;
  const names = Object.keys(module).join(", ") || "nothing";
  throw new TypeError(
    `Cannot load plugins: "${specifier}" must export what definePlugin() makes, got ${names}`,
  );
}
