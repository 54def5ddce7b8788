import type { Plugin, PluginKind } from "./plugin.ts";
import type { Registry } from "./registry.ts";

type Group = Readonly<Record<string, unknown>>;

function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The plugin that plain data describes; undefined if it is no descriptor, or none of a plugin that is known. */
function pluginOf({ kind, name, options }: Group, registry: Pick<Registry, "list">) {
  return isGroup(options)
    ? registry.list(kind as PluginKind).find((plugin) => plugin.name === name)
    : undefined;
}

/** Plain data in which `change` makes new options of those of every plugin. */
function mapOptions(
  value: unknown,
  registry: Pick<Registry, "list">,
  change: (options: Group, earlier: NonNullable<Plugin["earlier"]>) => Group,
): unknown {
  const inside = (inner: unknown) => mapOptions(inner, registry, change);
  if (Array.isArray(value)) return value.map(inside);
  if (!isGroup(value)) return value;
  const whole = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)]));
  const { earlier } = pluginOf(value, registry) ?? {};
  return earlier ? { ...whole, options: change(whole.options as Group, earlier) } : whole;
}

/**
 * Plain data, such as a task, with the plugins in it as they are described now: an option that one of them lacks has
 * the value by which the plugin does what it did before there was that option.
 *
 * @param registry knows the plugins; others stay as they are
 */
export function withEarlierOptions<T extends object>(
  data: T,
  registry: Pick<Registry, "list">,
): T {
  return mapOptions(data, registry, (own, earlier) => ({ ...own, ...earlier, ...own })) as T;
}

/**
 * Plain data, such as a task, with the plugins in it as they were described before: options that have the value by which
 * a plugin does what it did before there was that option are left out.
 *
 * @param registry knows the plugins; others stay as they are
 */
export function withoutEarlierOptions<T extends object>(
  data: T,
  registry: Pick<Registry, "list">,
): T {
  return mapOptions(data, registry, (own, earlier) => {
    const isEarlier = (name: string) =>
      Object.hasOwn(earlier, name) && JSON.stringify(own[name]) === JSON.stringify(earlier[name]);
    return Object.fromEntries(Object.entries(own).filter(([name]) => !isEarlier(name)));
  }) as T;
}
