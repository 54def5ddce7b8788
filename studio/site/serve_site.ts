import type { SiteFiles } from "./bundle_page.ts";
import { type LocalServer, type LocalServerOptions, serveLocally } from "./serve_locally.ts";

/** Options of {@linkcode serveSite}. */
export interface SiteServerOptions extends Omit<LocalServerOptions, "what"> {
  /** Whether the page may share memory between threads. @default true */
  isolated?: boolean;
  /** What only those may open who know it: the first part of every address. @default none */
  token?: string;
}

/** Types by the endings of names; module scripts and wasm are refused by browsers under another one. */
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  wasm: "application/wasm",
  md: "text/markdown; charset=utf-8",
  webmanifest: "application/manifest+json",
};

/** With these a browser lets the page's threads share memory. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

/**
 * Serves the files of a page on this machine alone; `index.html` is what its folder gives.
 *
 * @returns the server, with the address of the page
 * @throws {Error} if the port is taken or not allowed
 */
export function serveSite(
  files: SiteFiles,
  { isolated = true, token, ...options }: SiteServerOptions,
): LocalServer {
  const base = token === undefined ? "/" : `/${token}/`;
  const headers = { "cache-control": "no-store", ...(isolated ? ISOLATION : {}) };
  const server = serveLocally({ what: "the page", ...options }, (request) => {
    const { pathname } = new URL(request.url);
    const name = pathname.startsWith(base) ? pathname.slice(base.length) || "index.html" : "";
    const bytes = files.get(name);
    if (!bytes) return new Response("not found", { status: 404, headers });
    const type = TYPES[name.split(".").at(-1)!] ?? "application/octet-stream";
    return new Response(bytes, { headers: { ...headers, "content-type": type } });
  });
  return { ...server, url: server.url + base.slice(1) };
}
