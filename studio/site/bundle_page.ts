import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findWasmFiles } from "@videoms/core/plain";

/** Files of a page by their paths in its folder. */
export type SiteFiles = Map<string, Uint8Array<ArrayBuffer>>;

/** The build of tfjs's module that every browser with SIMD takes. Our kernels need SIMD, so no other is served. */
const WASM_FILE = "tfjs-backend-wasm-simd.wasm";

/** The threads of the CPU engine, which start from a file of their own. */
const THREAD = new URL("../page/engine/thread.ts", import.meta.url).href;

/**
 * Before every file's code, which may name methods by these: Safari, and Firefox before 141, lack them. Nothing bundled
 * says `using`, which they could not even read.
 */
const BEFORE = new TextEncoder().encode(
  'Symbol.dispose??=Symbol.for("Symbol.dispose");Symbol.asyncDispose??=Symbol.for("Symbol.asyncDispose");',
);

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

async function wasmFile(): Promise<Uint8Array<ArrayBuffer>> {
  const folder = findWasmFiles();
  if (folder === undefined) {
    throw new Error(
      "Cannot prepare the page: npm package @tensorflow/tfjs-backend-wasm must be installed, got none",
    );
  }
  const isUrl = /^https?:/.test(folder);
  const answer = await fetch(isUrl ? folder + WASM_FILE : pathToFileURL(join(folder, WASM_FILE)));
  return await answer.bytes();
}

/**
 * Bundles modules for browsers into one folder of JavaScript files, and adds what the CPU engine loads when it runs. An
 * entry keeps its exports, so a page can import one by its URL; what several entries use is in files that they share.
 *
 * @param entries URLs of modules by the names of their files, without `.js`
 * @returns the files, all in one folder
 * @throws {Error} if Deno cannot bundle, or a module does not
 * @example
 * ```ts
 * import { bundlePage } from "@videoms/studio";
 *
 * const files = await bundlePage({ strategies: import.meta.resolve("@videoms/masking") });
 * console.assert(files.has("strategies.js") && files.has("thread.js"));
 * ```
 */
export async function bundlePage(entries: Readonly<Record<string, string>>): Promise<SiteFiles> {
  if (!("bundle" in Deno)) {
    throw new Error("Cannot prepare the page: Deno must bundle, got no --unstable-bundle");
  }
  const folder = await Deno.makeTempDir();
  try {
    // A module of its own for each entry, side by side: bundles lie as their entries do.
    const modules = Object.entries({ ...entries, thread: THREAD }).map(([name, url]) => {
      const path = join(folder, `${name}.ts`);
      Deno.writeTextFileSync(path, `export * from ${JSON.stringify(url)};\n`);
      return path;
    });
    const { success, errors, outputFiles } = await Deno.bundle({
      entrypoints: modules,
      outputDir: folder,
      platform: "browser",
      codeSplitting: true,
      minify: true,
      write: false,
    });
    if (!success) {
      const why = errors.map(({ text, location }) => `${text} ${location?.file ?? ""}`.trim());
      throw new Error(`Cannot prepare the page: its modules must bundle, got: ${why.join("; ")}`);
    }
    const files: SiteFiles = new Map(
      outputFiles!.map((
        { path, contents },
      ) => [path.split(/[\\/]/).at(-1)!, joined(BEFORE, contents ?? new Uint8Array())]),
    );
    return files.set(WASM_FILE, await wasmFile());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
