/**
 * Plugins: typed values that add a masking strategy, a frame selector, a data set … to a run.
 *
 * Calling a plugin with options returns a {@linkcode Descriptor}: plain JSON that is saved with a run, read
 * back on resuming and used to compare runs. A misspelt option is a compile error in a task file and a clear
 * run-time error on the command line.
 *
 * @module
 */

import { nearest } from "../text/nearest.ts";

/** Plugin kinds. */
export const PLUGIN_KINDS = [
  "masking",
  "tokens",
  "frames",
  "backbone",
  "positions",
  "dataset",
  "augmentation",
  "objective",
  "optimizer",
  "schedule",
  "logger",
] as const;

/** Kind of a plugin. */
export type PluginKind = typeof PLUGIN_KINDS[number];

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** Options of a plugin: plain JSON, each with a default. */
// deno-lint-ignore no-explicit-any -- interfaces of options have no index signature
export type PluginOptions = Record<string, any>;

/** A plugin and its options, as plain JSON. */
export interface Descriptor<Kind extends PluginKind = PluginKind> {
  /** Kind of the plugin. */
  readonly kind: Kind;
  /** Name of the plugin. */
  readonly name: string;
  /** Every option with its value. */
  readonly options: Readonly<Record<string, Json>>;
}

/** Creates the product of a plugin named in another plugin's options. */
// deno-lint-ignore no-explicit-any -- descriptors in options come from JSON and are checked when used
export type MakePart = <Product>(kind: PluginKind, descriptor: any) => Product;

/** Definition of a plugin. */
export interface PluginDefinition<Kind extends PluginKind, Options extends PluginOptions, Product> {
  /** What the plugin adds. */
  kind: Kind;
  /** Name in task files, on the command line and in checkpoints; lower case, words joined by `-`. */
  name: string;
  /** One line for `--help`. */
  summary: string;
  /** Every option with its default, whose type its values must have. */
  defaults: Options;
  /** Allowed values of options with few choices. */
  choices?: { readonly [Key in keyof Options]?: readonly Options[Key][] };
  /**
   * Options that are paths: in a task file, relative ones are resolved from the file's folder. Empty ones and
   * defaults are unchanged.
   */
  paths?: readonly string[];
  /**
   * Options that are newer than the plugin, with what it did before each of them; runs that were recorded without them
   * are the same as those that say so.
   */
  earlier?: { readonly [Key in keyof Options]?: Options[Key] };
  /** One line per option for `--help`. */
  help?: { readonly [Key in keyof Options]?: string };
  /**
   * Creates the product; throws a `RangeError` for invalid values.
   *
   * @param make creates the plugins named in the options of a composite plugin; provided by the registry
   */
  create(options: Readonly<Options>, make?: MakePart): Product;
}

/** A typed plugin; call it with options to get its descriptor. */
export interface Plugin<
  Kind extends PluginKind = PluginKind,
  // deno-lint-ignore no-explicit-any -- a registry holds plugins of every option type
  Options extends PluginOptions = any,
  Product = unknown,
> extends Omit<PluginDefinition<Kind, Options, Product>, "name"> {
  (options?: Partial<Options>): Descriptor<Kind>;
  /** Name in task files and on the command line. */
  readonly name: string;
}

/**
 * Defines a plugin.
 *
 * @throws {TypeError} if the name is not lower case words joined by `-`, or `paths` or `earlier` has an unknown option
 * @example
 * ```ts
 * import { definePlugin } from "@videoms/core";
 *
 * const everyNth = definePlugin({
 *   kind: "frames",
 *   name: "every-nth",
 *   summary: "every n-th frame",
 *   defaults: { n: 2 },
 *   create: ({ n }) => (frames: number) => Math.ceil(frames / n),
 * });
 * console.assert(JSON.stringify(everyNth({ n: 3 }).options) === '{"n":3}');
 * ```
 */
export function definePlugin<Kind extends PluginKind, Options extends PluginOptions, Product>(
  definition: PluginDefinition<Kind, Options, Product>,
): Plugin<Kind, Options, Product> {
  const { kind, name, defaults, paths = [], earlier = {} } = definition;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new TypeError(
      `Cannot build a plugin: its name must be lower case words joined by "-", got "${name}"`,
    );
  }
  for (const [what, options] of Object.entries({ paths, earlier: Object.keys(earlier) })) {
    const unknown = options.find((option) => !Object.hasOwn(defaults, option));
    if (unknown === undefined) continue;
    throw new TypeError(
      `Cannot build ${kind} "${name}": its ${what} must be options, got "${unknown}"; ` +
        nearest(unknown, Object.keys(defaults)),
    );
  }
  const describe = (options: Partial<Options> = {}): Descriptor<Kind> => {
    checkOptions(definition, options);
    return { kind, name, options: { ...defaults, ...options } };
  };
  // A function's own `name` is read-only to assignment but may be redefined.
  Object.defineProperty(describe, "name", { value: name });
  const { name: _, ...rest } = definition;
  return Object.assign(describe, rest) as Plugin<Kind, Options, Product>;
}

/** Whether a value is a plugin. */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === "function" && "kind" in value && "defaults" in value &&
    "create" in value && typeof value.create === "function";
}

/** The name of a JSON type, for messages. */
function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/**
 * Checks options against a plugin's defaults and choices.
 *
 * @throws {TypeError} for an unknown option (suggesting the nearest) or a value of another type
 * @throws {RangeError} for a value that is not among the choices
 */
export function checkOptions(
  plugin: Pick<
    PluginDefinition<PluginKind, PluginOptions, unknown>,
    "kind" | "name" | "defaults" | "choices"
  >,
  options: Readonly<Record<string, unknown>>,
): void {
  const { kind, name, defaults, choices } = plugin;
  const where = `Cannot build ${kind} "${name}"`;
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(defaults, key)) {
      const known = Object.keys(defaults);
      const hint = known.length === 0 ? "it takes no options" : `${nearest(key, known)}`;
      throw new TypeError(`${where}: unknown option "${key}"; ${hint}`);
    }
    const expected = typeName(defaults[key]);
    // A default of null means "derived from the rest", so any JSON value is allowed.
    if (expected !== "null" && typeName(value) !== expected) {
      throw new TypeError(
        `${where}: option "${key}" must be of type ${expected}, got ${JSON.stringify(value)}`,
      );
    }
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new RangeError(`${where}: option "${key}" must be finite, got ${value}`);
    }
    const allowed = choices?.[key];
    if (allowed && !allowed.includes(value)) {
      throw new RangeError(
        `${where}: option "${key}" must be one of ${allowed.join(", ")}, got ${
          JSON.stringify(value)
        }`,
      );
    }
  }
}
