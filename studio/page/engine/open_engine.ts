import { type Device, openDevice } from "@videoms/core";

/** Backends that a page can be asked for; `auto` takes a real GPU, else the CPU engine. */
export type EngineChoice = "auto" | "webgpu" | "wasm";

/** What computes in a page or in a worker of it, owned by its opener. */
export interface Engine extends AsyncDisposable {
  readonly device: Device;
  /** What it computes on and, where that is not a GPU, why: one sentence for the person at the page. */
  readonly sentence: string;
}

/** Options of {@linkcode openEngine}. */
export interface EngineOptions {
  /** URL of the folder with the page's files, with a trailing "/". */
  files: string;
  /** @default "auto" */
  backend?: EngineChoice;
}

/** Where the GPU is left out, why: the end of a sentence. */
async function whyNoGpu(): Promise<string | null> {
  if (!navigator.gpu) return "this browser has no WebGPU";
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  if (!adapter) return "the browser found no GPU";
  const { description, vendor, architecture } = adapter.info;
  const isSoftware = adapter.info.isFallbackAdapter ||
    /swiftshader|llvmpipe|software/i.test(`${description} ${vendor} ${architecture}`);
  return isSoftware ? "the browser only has a GPU imitated in software" : null;
}

/** What the CPU engine computes with. */
function cpuSentence(threads: number, why: string | null): string {
  const because = why === null ? "" : `, since ${why}`;
  const cores = navigator.hardwareConcurrency;
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (threads > 1) return `Runs on the CPU with ${threads} threads${because}.`;
  if (crossOriginIsolated || cores === 1) return `Runs on the CPU${because}.`;
  return `Runs on one of ${cores} CPU cores${because}; for the others the page's server must send the ` +
    "headers of cross-origin isolation.";
}

/** The CPU engine with its files from the page's own folder. */
async function openCpu(files: string, why: string | null): Promise<Engine> {
  const device = await openDevice({
    backend: "wasm",
    wasmPaths: files,
    threadModule: new URL("thread.js", files).href,
  });
  return {
    device,
    sentence: cpuSentence(device.threads, why),
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  };
}

/**
 * Opens what computes in a page: the GPU by the browser's WebGPU where there is a real one, else the CPU engine, with
 * threads where the page is cross-origin isolated. A GPU that does not open makes way for the CPU.
 *
 * @throws {Error} for `webgpu` where it does not open, and where the page's files cannot be loaded
 */
export async function openEngine({ files, backend = "auto" }: EngineOptions): Promise<Engine> {
  if (backend === "wasm") return await openCpu(files, null);
  let why = backend === "auto" ? await whyNoGpu() : null;
  if (why === null) {
    try {
      const device = await openDevice({ backend: "webgpu" });
      return {
        device,
        sentence: `Runs on the GPU (${device.adapter!.name}) by WebGPU.`,
        [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
      };
    } catch (error) {
      if (backend === "webgpu") throw error;
      why = `the GPU did not open (${(error as Error).message.split("\n")[0]})`;
    }
  }
  return await openCpu(files, why);
}
