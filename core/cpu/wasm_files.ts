/** The folder of tfjs's wasm files beside its npm package, with a trailing "/"; undefined in a bundled page. */
export function findWasmFiles(): string | undefined {
  try {
    const { protocol, pathname, href } = new URL(
      ".",
      import.meta.resolve("@tensorflow/tfjs-backend-wasm"),
    );
    if (protocol !== "file:") return href;
    const path = decodeURIComponent(pathname);
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path; // "/C:/…" on Windows
  } catch {
    return undefined;
  }
}
