import {
  checkOptions,
  type Descriptor,
  isPlugin,
  type MakePart,
  type Plugin,
  type PluginKind,
} from "./plugin.ts";
import { nearest } from "../text/nearest.ts";

/** The plugins available to a run, by kind and name. An instance, never a global. */
export interface Registry {
  /** The plugins of a kind, by name. */
  list(kind: PluginKind): Plugin[];
  /**
   * The plugin of a kind and name.
   *
   * @throws {RangeError} if there is none; the message suggests the nearest
   */
  get(kind: PluginKind, name: string): Plugin;
  /**
   * Checks and completes a descriptor, which may come from the command line or a file and omit options.
   *
   * @throws {RangeError} for an unknown plugin or a value that is not among the choices
   * @throws {TypeError} for an unknown option or a value of another type
   */
  describe<Kind extends PluginKind>(
    descriptor: { kind: Kind; name: string; options?: Readonly<Record<string, unknown>> },
  ): Descriptor<Kind>;
  /**
   * Creates the product of a descriptor's plugin.
   *
   * @typeParam Product product of plugins of this kind
   * @throws as {@linkcode Registry.describe}, and whatever the plugin throws for its options
   */
  create<Product>(
    descriptor: { kind: PluginKind; name: string; options?: Readonly<Record<string, unknown>> },
  ): Product;
}

/** The plugins among the exports of a module (`import * as masking from "@videoms/masking"`). */
export function pluginsOf(module: Readonly<Record<string, unknown>>): Plugin[] {
  return Object.values(module).filter(isPlugin);
}

/**
 * A registry of the given plugins.
 *
 * @throws {TypeError} if two different plugins share a kind and a name
 * @example
 * ```ts
 * import { createRegistry, definePlugin } from "@videoms/core";
 *
 * const all = definePlugin({
 *   kind: "frames",
 *   name: "all",
 *   summary: "every frame",
 *   defaults: {},
 *   create: () => (frames: number) => frames,
 * });
 * const registry = createRegistry([all]);
 * console.assert(registry.get("frames", "all") === all);
 * ```
 */
export function createRegistry(plugins: Iterable<Plugin>): Registry {
  const byKey = new Map<string, Plugin>();
  for (const plugin of plugins) {
    const key = `${plugin.kind}/${plugin.name}`;
    const other = byKey.get(key);
    if (other && other !== plugin) {
      throw new TypeError(`Cannot load plugins: names must be unique, got two ${key}`);
    }
    byKey.set(key, plugin);
  }
  const list = (kind: PluginKind) =>
    [...byKey.values()].filter((plugin) => plugin.kind === kind)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  const get = (kind: PluginKind, name: string): Plugin => {
    const plugin = byKey.get(`${kind}/${name}`);
    if (!plugin) {
      const known = list(kind).map((one) => one.name);
      throw new RangeError(`Cannot load ${kind} "${name}": ${nearest(name, known)}`);
    }
    return plugin;
  };
  const describe: Registry["describe"] = ({ kind, name, options = {} }) => {
    const plugin = get(kind, name);
    checkOptions(plugin, options);
    return { kind, name, options: { ...plugin.defaults, ...options } };
  };
  const create: Registry["create"] = <Product>(
    descriptor: Parameters<Registry["describe"]>[0],
  ): Product => {
    const { kind, name, options } = describe(descriptor);
    return get(kind, name).create(options, makePart) as Product;
  };
  const makePart: MakePart = (kind, descriptor) => {
    if (typeof descriptor?.name !== "string" || (descriptor.kind ?? kind) !== kind) {
      throw new TypeError(
        `Cannot build a plugin: its parts must be of kind "${kind}" and have a name, got ${
          JSON.stringify(descriptor)
        }`,
      );
    }
    return create({ ...descriptor, kind });
  };
  return { list, get, describe, create };
}
