/**
 * Dawn, Chromium's WebGPU, for runtimes with Node-API: it has subgroups and matrix units. Loaded when it is
 * asked for, and only here.
 */

import { withQuietStderr } from "./quiet_stderr.ts";

/** What of the npm package is used here. */
interface Binding {
  /** Makes a WebGPU; flags are `<name>=<value>`. */
  create(flags: string[]): GPU;
}

/** The version whose behaviour is relied upon. */
const VERSION = "0.6.2";

/** Not a literal where it is imported, so that it is fetched for nobody who does not ask for Dawn. */
const PACKAGE: string = `npm:webgpu@${VERSION}`;

/**
 * Toggles of all devices: experimental features, and half precision on NVIDIA, which Dawn offers only on
 * demand.
 */
const TOGGLES = ["allow_unsafe_apis", "vulkan_enable_f16_on_nvidia"];

/**
 * Toggles of devices without checks: indices are not clamped, and workgroup memory is not cleared, which no
 * shader counts on: tests fill it with NaN. Calls are still validated: that takes 0.2 ms
 * of 400 dispatches (1.2 and 1.1 ms at best, 1.7 and 1.4 ms at the first quartile; a 2-core machine, a loop of
 * small dispatches), and without it Dawn ends the process, and says nothing, at an invalid shader.
 */
const UNCHECKED = ["disable_robustness", "disable_workgroup_init"];

/** No adapter has such a name. */
const NO_NAME = "\u0001";

/** What of Deno's namespace is used here; missing in browsers. */
interface DenoFiles {
  permissions: {
    querySync(
      descriptor: { name: "env"; variable: string } | { name: "read"; path: string },
    ): { state: string };
  };
  env: { get(name: string): string | undefined };
  statSync(path: string): unknown;
}

/** Whether the npm cache that DENO_DIR names holds the package, as that of an offline bundle does. */
function isCached(): boolean {
  const { Deno: deno } = globalThis as unknown as { Deno?: DenoFiles };
  const may = (...descriptor: Parameters<DenoFiles["permissions"]["querySync"]>) =>
    deno?.permissions.querySync(...descriptor).state === "granted";
  if (!may({ name: "env", variable: "DENO_DIR" })) return false;
  const path = `${deno!.env.get("DENO_DIR")}/npm/registry.npmjs.org/webgpu/${VERSION}/package.json`;
  if (!may({ name: "read", path })) return false;
  try {
    deno!.statSync(path);
    return true;
  } catch {
    return false; // there is no such file
  }
}

/** The installed package, else the one in the npm cache, which this spelling leaves to no import map. */
async function importPackage(): Promise<Binding> {
  const importIt = async (name: string): Promise<Binding> => await import(name);
  const binding = await importIt(PACKAGE).catch((error) => {
    if (isCached()) return importIt(PACKAGE.replace("npm:", "npm:/"));
    throw error;
  });
  pacePolling();
  return binding;
}

/** Milliseconds between two looks at whether the GPU is done. */
const POLL_INTERVAL = 1;

/**
 * Lets the binding look once a millisecond whether what is waited for is done. It asks `setImmediate` for every
 * look, and so takes a whole core from decoding or from a software driver, by which two of the golden cases
 * took 59 s in place of 19 on two cores. Its callbacks are native functions without a name (bound ones have
 * one); those of others are called as before.
 */
function pacePolling(): void {
  const scope = globalThis as unknown as Record<"setImmediate" | "setTimeout", Scheduler>;
  const { setImmediate, setTimeout } = scope;
  scope.setImmediate = (callback, ...rest) =>
    callback.name === "" && Function.prototype.toString.call(callback).includes("[native code]")
      ? setTimeout(callback, POLL_INTERVAL, ...rest)
      : setImmediate(callback, ...rest);
}

/** Calls a function later. */
type Scheduler = (callback: () => void, ...rest: unknown[]) => unknown;

let loading: Promise<Binding> | null = null;

/** The binding, loaded once; a failure is forgotten, since it may be mended. */
async function load(): Promise<Binding> {
  try {
    return await (loading ??= importPackage());
  } catch (cause) {
    loading = null;
    const { message, name } = cause as Error;
    const advice = name === "NotCapable"
      ? "allow it with --allow-ffi"
      : `run \`deno task dawn\` in a checkout of VideoMS, \`deno add ${PACKAGE}\` elsewhere`;
    throw new Error(
      `Cannot run on Dawn: npm package webgpu ${VERSION} must be installed and loadable, got: ` +
        `${message.split("\n")[0].replace(/\.$/, "")}; ${advice}`,
      { cause },
    );
  }
}

/** Whether looking for Dawn would download nothing: it is in a folder, and not only in the registry. */
export function isDawnHere(): boolean {
  try {
    return import.meta.resolve(PACKAGE).startsWith("file:");
  } catch {
    return false;
  }
}

/**
 * Names of Dawn's adapters, most powerful first, as drivers give them. Several equal GPUs have the same name.
 *
 * @throws {Error} if the binding is missing or cannot be loaded
 */
export async function dawnAdapterNames(): Promise<string[]> {
  const { create } = await load();
  try {
    // Dawn lists its adapters only where the one that is asked for is not among them.
    await request(create([`adapter=${NO_NAME}`]));
    return [];
  } catch (error) {
    return [...String(error).matchAll(/, name: '(.*)'$/gm)].map(([, name]) => name);
  }
}

/** Requests the strongest adapter. Dawn looks at all of them at once, and warns of those that it takes and refuses. */
function request(gpu: GPU): Promise<GPUAdapter | null> {
  return withQuietStderr(() => gpu.requestAdapter({ powerPreference: "high-performance" }));
}

/** Options of {@linkcode dawnAdapter}. */
export interface DawnOptions {
  /** Name of the adapter. */
  name: string;
  /** Whether indices are clamped. */
  checks: boolean;
}

/**
 * Dawn's instances by their flags. They are kept, since a device waits forever once its instance has been
 * collected.
 */
const instances = new Map<string, GPU>();

/**
 * An adapter of Dawn, or null if there is none of that name.
 *
 * @throws {Error} if the binding is missing or cannot be loaded
 */
export async function dawnAdapter({ name, checks }: DawnOptions): Promise<GPUAdapter | null> {
  const { create } = await load();
  const toggles = checks ? TOGGLES : [...TOGGLES, ...UNCHECKED];
  const flags = [
    `adapter=${name}`,
    `enable-dawn-features=${toggles.join()}`,
    "disable-dawn-features=timestamp_quantization", // which rounds to 0.1 ms
  ];
  const key = flags.join("\n");
  let gpu = instances.get(key);
  if (!gpu) instances.set(key, gpu = create(flags));
  return await request(gpu);
}
