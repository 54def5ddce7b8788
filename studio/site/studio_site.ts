import type { StudioSettings } from "../page/studio/studio_settings.ts";
import { bundlePage, type SiteFiles } from "./bundle_page.ts";

/** What is bundled for the page of `studio`, by the names of the files. */
const ENTRIES = { main: "../page/studio/main.tsx", look_worker: "../page/studio/look_worker.ts" };

/** The page may load nothing but its own files, and so sends nothing anywhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval' blob:",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self' data:",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>VideoMS studio</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="main.js"></script>
</head>
<body><div id="page"></div></body>
</html>
`;

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
  const own = Object.entries(ENTRIES)
    .map(([name, path]) => [name, new URL(path, import.meta.url).href]);
  const plugins = modules.map((url, i) => [`plugin${i}`, url]);
  const files = await bundlePage(Object.fromEntries([...own, ...plugins]));
  const text = (content: string) => new TextEncoder().encode(content);
  const style = await fetch(new URL("../page/style.css", import.meta.url));
  const whole: StudioSettings = { ...settings, plugins: plugins.map(([name]) => `${name}.js`) };
  files.set("index.html", text(PAGE));
  files.set("style.css", await style.bytes());
  files.set("settings.json", text(JSON.stringify(whole)));
  if (weights) files.set("weights.safetensors", weights);
  return files;
}
