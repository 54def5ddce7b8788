import type { AdapterSummary } from "../adapter_summary.ts";

/**
 * A kind of small matrix product that a GPU's subgroups compute in hardware: left [m, k] · right [k, n], of
 * half-precision numbers, added to float32 sums [m, n].
 */
export interface MatrixUnit {
  /** Rows of the left matrix and of the sums. */
  readonly m: number;
  /** Columns of the right matrix and of the sums. */
  readonly n: number;
  /** Terms of each sum. */
  readonly k: number;
  /** Threads that hold a matrix together; workgroups are multiples of it. */
  readonly subgroupSize: number;
}

/** Features without which shaders cannot use matrix units; WebGPU's types lack the last. */
export const MATRIX_FEATURES: readonly GPUFeatureName[] = [
  "shader-f16",
  "subgroups",
  "chromium-experimental-subgroup-matrix" as GPUFeatureName,
];

/** The number of threads of every subgroup, or null if the device has no subgroups or several sizes. */
export function subgroupSizeOf({ features, adapterInfo }: GPUDevice): number | null {
  const { subgroupMinSize, subgroupMaxSize } = adapterInfo;
  if (!features.has("subgroups") || !subgroupMaxSize) return null;
  return subgroupMinSize === subgroupMaxSize ? subgroupMaxSize : null;
}

/**
 * The matrix units of a device, those that do most per instruction first; none if it lacks a feature or its
 * subgroups vary in size.
 *
 * @param adapter facts about its adapter, since Dawn's devices do not list their units
 */
export function matrixUnitsOf(
  device: GPUDevice,
  { matrixConfigs }: Pick<AdapterSummary, "matrixConfigs">,
): readonly MatrixUnit[] {
  const subgroupSize = subgroupSizeOf(device);
  if (subgroupSize === null || !MATRIX_FEATURES.every((name) => device.features.has(name))) {
    return [];
  }
  return matrixConfigs
    .filter(({ component, result }) => component === "f16" && result === "f32")
    .map(({ m, n, k }) => ({ m, n, k, subgroupSize }))
    .sort((a, b) => b.m * b.n * b.k - a.m * a.n * a.k);
}
