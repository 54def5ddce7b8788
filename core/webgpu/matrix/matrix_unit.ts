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

/** Facts that WebGPU's types lack; `subgroupMatrixConfigs` is Dawn's. */
interface SubgroupInfo {
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

/** Features without which shaders cannot use matrix units; WebGPU's types lack the last. */
export const MATRIX_FEATURES: readonly GPUFeatureName[] = [
  "shader-f16",
  "subgroups",
  "chromium-experimental-subgroup-matrix" as GPUFeatureName,
];

/** The number of threads of every subgroup, or null if the device has no subgroups or several sizes. */
export function subgroupSizeOf({ features, adapterInfo }: GPUDevice): number | null {
  const { subgroupMinSize, subgroupMaxSize }: SubgroupInfo = adapterInfo;
  if (!features.has("subgroups") || !subgroupMaxSize) return null;
  return subgroupMinSize === subgroupMaxSize ? subgroupMaxSize : null;
}

/**
 * The matrix units of a device, those that do most per instruction first; none if it lacks a feature or its
 * subgroups vary in size.
 *
 * @param info that of the adapter, since Dawn's devices do not list their units
 */
export function matrixUnitsOf(device: GPUDevice, info: GPUAdapterInfo): readonly MatrixUnit[] {
  const subgroupSize = subgroupSizeOf(device);
  if (subgroupSize === null || !MATRIX_FEATURES.every((name) => device.features.has(name))) {
    return [];
  }
  const { subgroupMatrixConfigs = [] } = info as SubgroupInfo;
  return [...subgroupMatrixConfigs]
    .filter((one) => one.componentType === "f16" && one.resultComponentType === "f32")
    .map(({ M: m, N: n, K: k }) => ({ m, n, k, subgroupSize }))
    .sort((a, b) => b.m * b.n * b.k - a.m * a.n * a.k);
}
