import { type Plugin, type PluginOptions } from "../plugin/plugin.ts";
import { createRegistry } from "../plugin/registry.ts";
import { type ConformanceCheck, requireRefusal, requireThat } from "./conformance_check.ts";

/** Options of a plugin's checks. */
export interface PluginCheckOptions<Options extends PluginOptions> {
  /** Valid options that differ from the plugin's defaults. @default {} */
  options?: Partial<Options>;
  /** Invalid options, each of which must be rejected. @default none */
  impossible?: readonly Partial<Options>[];
  /** Plugins named in the options of a composite plugin. @default none */
  parts?: readonly Plugin[];
}

/** Creates a plugin's product as a run does, from JSON. */
export function productOf<Product>(
  plugin: Plugin,
  { options = {}, parts = [] }: PluginCheckOptions<PluginOptions>,
): Product {
  const registry = createRegistry([plugin, ...parts]);
  return registry.create<Product>(JSON.parse(JSON.stringify(plugin(options))));
}

/** Checks common to all plugins: name, help, descriptor, rejection of invalid options. */
export function descriptorChecks(
  plugin: Plugin,
  settings: PluginCheckOptions<PluginOptions> = {},
): ConformanceCheck[] {
  const { kind, name, defaults, help = {}, summary } = plugin;
  const { options = {}, impossible = [] } = settings;
  return [
    {
      name: `${kind} "${name}" describes itself and its options`,
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
          "a descriptor must survive a JSON round trip",
          descriptor,
        );
        const product = productOf<{ name?: unknown } | null>(plugin, settings);
        requireThat(product !== null && product !== undefined, "create() must return a product");
        if (typeof product === "object" && "name" in product) {
          requireThat(product.name === name, `the product must be called "${name}"`, product.name);
        }
      },
    },
    {
      name: `${kind} "${name}" rejects unknown options and values of other types`,
      async run() {
        await requireRefusal("an unknown option", () => plugin({ "no such option": 1 }));
        for (const [option, value] of Object.entries(defaults)) {
          if (value === null) continue; // any value is allowed
          const other = typeof value === "string" ? 1 : "other";
          await requireRefusal(
            `option "${option}" of another type`,
            () => plugin({ [option]: other }),
          );
        }
      },
    },
    ...impossible.map((one): ConformanceCheck => ({
      name: `${kind} "${name}" rejects ${JSON.stringify(one)}`,
      run: () =>
        requireRefusal(
          JSON.stringify(one),
          () => productOf(plugin, { ...settings, options: { ...options, ...one } }),
        ),
    })),
  ];
}
