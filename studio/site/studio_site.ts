import type { StudioSettings } from "../page/studio/studio_settings.ts";
import type { SiteFiles } from "./bundle_page.ts";
import { pageSite } from "./page_site.ts";

/** What is bundled for the page of `studio`, by the names of the files. */
const ENTRIES = {
  main: "../page/studio/main.tsx",
  look_worker: "../page/studio/look_worker.ts",
  teach_worker: "../page/teach/teach_worker.ts",
};

/** What the page of `studio` is made from. */
export interface StudioSiteOptions {
  /** All but the files of the user's plugins. */
  settings: Omit<StudioSettings, "plugins">;
  /** URLs of modules that export plugins. */
  modules: readonly string[];
  /** A safetensors file with the weights of the settings' run; null without one. */
  weights: Uint8Array<ArrayBuffer> | null;
}

/**
 * The files of the page that shows what strategies choose of a video, with the user's plugins bundled in.
 *
 * @throws {Error} if Deno cannot bundle, or a module does not
 */
export async function studioSite(
  { settings, modules, weights }: StudioSiteOptions,
): Promise<SiteFiles> {
  const title = "VideoMS studio";
  const files = await pageSite({ title, entries: ENTRIES, modules, settings });
  return weights ? files.set("weights.safetensors", weights) : files;
}
