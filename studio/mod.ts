/**
 * VideoMS in a browser: pages that mask, train and classify on the visitor's own machine. What Deno does for them is
 * here: bundling, and a server of this machine. The pages themselves are in `page`.
 *
 * Bundling requires `--unstable-bundle` outside of this workspace.
 *
 * @module
 */

export { bundlePage, type SiteFiles } from "./site/bundle_page.ts";
export { type LocalServer, type LocalServerOptions, serveLocally } from "./site/serve_locally.ts";
export { shipSite, type ShipSiteOptions } from "./site/ship_site.ts";
export type { ShipSettings } from "./page/ship/ship_settings.ts";
export { earlierSite, writeSite } from "./site/write_site.ts";
export { studioSite, type StudioSiteOptions } from "./site/studio_site.ts";
export type { ModelSettings, StackSettings } from "./page/network/model_settings.ts";
export type { RunSettings, StudioSettings } from "./page/studio/studio_settings.ts";
export type {
  FinetuneStageTask,
  PretrainStageTask,
  StageTask,
  TeachSettings,
} from "./page/teach/teach_settings.ts";
export { openInBrowser } from "./site/open_in_browser.ts";
export { pageWeights } from "./site/page_weights.ts";
export { serveSite, type SiteServerOptions } from "./site/serve_site.ts";
