import { createRegistry, pluginsOf, type Registry } from "@videoms/core";
import * as data from "@videoms/data/plain";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";

/**
 * The plugins that a page has: shipped ones, and those of the user's modules.
 *
 * @param modules URLs of modules that were bundled with the page
 */
export async function pageRegistry(modules: readonly string[]): Promise<Registry> {
  const loaded = await Promise.all(modules.map((url) => import(url)));
  return createRegistry([masking, models, data, ...loaded].flatMap((module) => pluginsOf(module)));
}
