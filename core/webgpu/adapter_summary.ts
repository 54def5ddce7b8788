/** WebGPU implementations: the runtime's own (Deno's, or a browser's), and Dawn, Chromium's, from npm. */
export const GPUS = ["deno", "dawn"] as const;

/** A WebGPU implementation. */
export type GpuChoice = typeof GPUS[number];

/** Element types of matrix units. */
export type MatrixElement = "f32" | "f16" | "u32" | "i32" | "u8" | "i8";

/** A product that the GPU's matrix units compute: [m, k]·[k, n], added to [m, n]. */
export interface MatrixConfig {
  /** Rows of the left operand and of the result. */
  readonly m: number;
  /** Columns of the right operand and of the result. */
  readonly n: number;
  /** Columns of the left operand and rows of the right one. */
  readonly k: number;
  /** Element type of the operands. */
  readonly component: MatrixElement;
  /** Element type of the result. */
  readonly result: MatrixElement;
}

/** Facts about a GPU adapter. */
export interface AdapterSummary {
  /** The adapter's name, as its driver gives it. */
  name: string;
  /** The WebGPU implementation that it was found by. */
  gpu: GpuChoice;
  /** Whether it is a software renderer (llvmpipe, SwiftShader, …). */
  software: boolean;
  /** Names of its optional features. */
  features: string[];
  /** The limits that are raised to the adapter's. */
  limits: Record<string, number>;
  /** Least and greatest number of invocations in a subgroup, or null without subgroups. */
  subgroupSizes: { readonly min: number; readonly max: number } | null;
  /** What its matrix units compute; empty without such units. */
  matrixConfigs: MatrixConfig[];
}

/** Limits whose portable defaults are too small for video models. */
const RAISED_LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

/** A configuration as Dawn describes it; the standard does not have it yet. */
interface DawnMatrixConfig {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly componentType: MatrixElement;
  readonly resultComponentType: MatrixElement;
}

/** What Dawn says of an adapter beyond the standard. */
interface DawnAdapterInfo {
  readonly subgroupMatrixConfigs?: Iterable<DawnMatrixConfig>;
}

/** Describes an adapter; `name` is that of the driver where the implementation gives it separately. */
export function summarise(adapter: GPUAdapter, gpu: GpuChoice, name?: string): AdapterSummary {
  const { info, limits, features } = adapter;
  const { subgroupMatrixConfigs = [] } = info as DawnAdapterInfo;
  const known = name ?? (info.description || `${info.vendor} ${info.architecture}`.trim());
  return {
    name: known || "unnamed",
    gpu,
    software: isSoftwareName(known) || info.isFallbackAdapter === true,
    features: [...features].sort(),
    limits: Object.fromEntries(RAISED_LIMITS.map((limit) => [limit, limits[limit]])),
    subgroupSizes: features.has("subgroups")
      ? { min: info.subgroupMinSize, max: info.subgroupMaxSize }
      : null,
    matrixConfigs: [...subgroupMatrixConfigs].map((
      { M: m, N: n, K: k, componentType: component, resultComponentType: result },
    ) => ({ m, n, k, component, result })),
  };
}

/** Whether a name is that of a software renderer. */
export function isSoftwareName(name: string): boolean {
  return /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(name);
}

/**
 * Whether it takes seconds to compile a kernel that is unrolled as GPUs like it, and runs one with less code about as
 * fast: Chromium's software renderer.
 */
export function isSlowCompiler({ name }: AdapterSummary): boolean {
  return /swiftshader/i.test(name);
}

/** Whether its name suggests a large discrete GPU. */
export function isLargeGpu({ name }: AdapterSummary): boolean {
  return /nvidia|geforce|rtx|quadro|tesla|radeon (rx|pro)|instinct|arc\(tm\) [ab]\d/i.test(name);
}
