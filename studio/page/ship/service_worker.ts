/**
 * Keeps the files of a page, so that it works off line, and serves them with the headers by which a browser lets
 * threads share memory: static hosts send none.
 *
 * @module
 */

/** What of a service worker's scope is used here; the libraries of types have either a page's or a worker's. */
interface ServiceScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  /** Written before this script: what the page consists of. */
  readonly SITE: { readonly version: string; readonly files: readonly string[] };
  addEventListener(
    type: "install" | "activate",
    listener: (event: { waitUntil(done: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: "fetch",
    listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
}

const scope = globalThis as unknown as ServiceScope;
const { scope: folder } = scope.registration;
/** Caches belong to a host, on which there may be several pages. */
const prefix = `videoms ${folder} `;
const own = prefix + scope.SITE.version;

const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

async function keep(): Promise<void> {
  const cache = await caches.open(own);
  await cache.addAll(
    scope.SITE.files.map((file) => new Request(new URL(file, folder), { cache: "reload" })),
  );
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(prefix) && name !== own);
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const file = url.href.split(/[?#]/)[0] === folder ? new URL("index.html", folder).href : url.href;
  const kept = await (await caches.open(own)).match(file, { ignoreSearch: true });
  if (!kept) return await fetch(request);
  const headers = new Headers(kept.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(kept.body, { status: kept.status, headers });
}

scope.addEventListener("install", (event) => event.waitUntil(keep()));
scope.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
scope.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(folder)) event.respondWith(answer(event.request));
});
