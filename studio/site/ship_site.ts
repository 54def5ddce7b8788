import { createHash } from "node:crypto";
import type { ShipSettings } from "../page/ship/ship_settings.ts";
import type { SiteFiles } from "./bundle_page.ts";
import { pageSite, textFile } from "./page_site.ts";

/** What is bundled for the page of `ship`, by the names of the files. */
const ENTRIES = {
  main: "../page/ship/main.tsx",
  ship_worker: "../page/ship/ship_worker.ts",
  sw: "../page/ship/service_worker.ts",
};

/** What the page's own code is made of. */
const LICENCES = `VideoMS and the pages that it makes: MIT.
TensorFlow.js (@tensorflow/tfjs): Apache-2.0, https://github.com/tensorflow/tfjs
Preact and signals (preact, @preact/signals): MIT, https://github.com/preactjs
mediabunny: MPL-2.0, source at https://github.com/Vanilagy/mediabunny

`;

/** What the page of `ship` is made from. */
export interface ShipSiteOptions {
  /** All but the files of the user's plugins. */
  settings: Omit<ShipSettings, "plugins">;
  /** URLs of modules that export plugins. */
  modules: readonly string[];
  /** A safetensors file with the weights of the classifier. */
  weights: Uint8Array<ArrayBuffer>;
  /** What is to be known of the classifier, in Markdown. */
  card: string;
  /** Licence of the weights, in words. */
  licence: string;
}

/** The script that keeps all files of a page, with the list of them before it. */
function withList(files: SiteFiles): Uint8Array<ArrayBuffer> {
  const names = [...files.keys()].filter((name) => name !== "sw.js").sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(files.get(name)!);
  const site = { version: hash.digest("hex").slice(0, 16), files: names };
  const script = new TextDecoder().decode(files.get("sw.js"));
  return textFile(`globalThis.SITE=${JSON.stringify(site)};\n${script}`);
}

/**
 * The files of a page that classifies videos, for any web server. It loads nothing from elsewhere, and works off
 * line once it was loaded.
 *
 * @throws {Error} if Deno cannot bundle, or a module does not
 */
export async function shipSite(
  { settings, modules, weights, card, licence }: ShipSiteOptions,
): Promise<SiteFiles> {
  const files = await pageSite({ title: settings.name, entries: ENTRIES, modules, settings });
  files.set("weights.safetensors", weights);
  files.set("MODEL.md", textFile(card));
  files.set(
    "LICENCES.txt",
    textFile(`${LICENCES}The weights (weights.safetensors): ${licence}.\n`),
  );
  return files.set("sw.js", withList(files));
}
