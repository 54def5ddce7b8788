import { bundlePage, type SiteFiles } from "./bundle_page.ts";

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

/** What a page is made from. */
export interface PageSiteOptions {
  title: string;
  /** Modules by the names of their files, as paths from here; `main` fills the page. */
  entries: Readonly<Record<string, string>>;
  /** URLs of modules that export plugins. */
  modules: readonly string[];
  /** What the page starts with, as JSON, beside the names of the files of plugins. */
  settings: object;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

function html(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="main.js"></script>
</head>
<body><div id="page"></div></body>
</html>
`;
}

/** Text as the bytes of a file. */
export function textFile(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/**
 * The files of a page: HTML, style, code with the user's plugins, and `settings.json`.
 *
 * @throws {Error} if Deno cannot bundle, or a module does not
 */
export async function pageSite(
  { title, entries, modules, settings }: PageSiteOptions,
): Promise<SiteFiles> {
  const own = Object.entries(entries)
    .map(([name, path]) => [name, new URL(path, import.meta.url).href]);
  const plugins = modules.map((url, i) => [`plugin${i}`, url]);
  const files = await bundlePage(Object.fromEntries([...own, ...plugins]));
  const style = await fetch(new URL("../page/style.css", import.meta.url));
  const whole = { ...settings, plugins: plugins.map(([name]) => `${name}.js`) };
  files.set("index.html", textFile(html(title)));
  files.set("style.css", await style.bytes());
  return files.set("settings.json", textFile(JSON.stringify(whole)));
}
