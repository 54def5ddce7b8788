import { type Plugin, type PluginOptions } from "../plugin/plugin.ts";
import { createRegistry } from "../plugin/registry.ts";
import { type ConformanceCheck, requireRefusal, requireThat } from "./conformance_check.ts";

/** How a plugin is made for its checks. */
export interface PluginCheckOptions<Options extends PluginOptions> {
  /** Options that differ from the plugin's defaults and can work. @default {} */
  options?: Partial<Options>;
  /** Options of which each must be refused. @default none */
  impossible?: readonly Partial<Options>[];
  /** Plugins that options name, for one that is composed of others. @default none */
  parts?: readonly Plugin[];
}

/** The product of a plugin, as a run makes it: from JSON. */
export function productOf<Product>(
  plugin: Plugin,
  { options = {}, parts = [] }: PluginCheckOptions<PluginOptions>,
): Product {
  const registry = createRegistry([plugin, ...parts]);
  return registry.create<Product>(JSON.parse(JSON.stringify(plugin(options))));
}

/** Checks of what every plugin has: its name, its help, its descriptor, its refusals. */
export function descriptorChecks(
  plugin: Plugin,
  settings: PluginCheckOptions<PluginOptions> = {},
): ConformanceCheck[] {
  const { kind, name, defaults, help = {}, summary } = plugin;
  const { options = {}, impossible = [] } = settings;
  return [
    {
      name: `${kind} "${name}" says what it and its options are`,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async run() {
        requireThat(summary.length > 0 && !summary.includes("\n"), "the summary must be one line");
        const silent = Object.keys(defaults).filter((option) => !help[option]);
        requireThat(silent.length === 0, "every option must have a line of help", silent);
        const unknown = Object.keys(help).filter((option) => !Object.hasOwn(defaults, option));
        requireThat(unknown.length === 0, "help must be for options that exist", unknown);
      },
    },
    {
      name: `${kind} "${name}" is described by plain JSON`,
      // deno-lint-ignore require-await -- as above
      async run() {
        const descriptor = plugin(options);
        const again = JSON.parse(JSON.stringify(descriptor));
        requireThat(
          JSON.stringify(again) === JSON.stringify(descriptor) &&
            Object.values(descriptor.options).every((value) => value !== undefined),
          "a descriptor must come back from JSON as it was",
          descriptor,
        );
        const product = productOf<{ name?: unknown } | null>(plugin, settings);
        requireThat(product !== null && product !== undefined, "create() must make something");
        if (typeof product === "object" && "name" in product) {
          requireThat(product.name === name, `the product must be called "${name}"`, product.name);
        }
      },
    },
    {
      name: `${kind} "${name}" refuses unknown options, and values of other types`,
      async run() {
        await requireRefusal("an unknown option", () => plugin({ "no such option": 1 }));
        for (const [option, value] of Object.entries(defaults)) {
          if (value === null) continue; // takes any value
          const other = typeof value === "string" ? 1 : "other";
          await requireRefusal(
            `option "${option}" of another type`,
            () => plugin({ [option]: other }),
          );
        }
      },
    },
    ...impossible.map((one): ConformanceCheck => ({
      name: `${kind} "${name}" refuses ${JSON.stringify(one)}`,
      run: () =>
        requireRefusal(
          JSON.stringify(one),
          () => productOf(plugin, { ...settings, options: { ...options, ...one } }),
        ),
    })),
  ];
}
