/** Operations per second of the arithmetic that a step's products use. */
export interface Peak {
  /** In float32 without matrix units. */
  readonly f32: number;
  /** Of float16 products on matrix units with float32 sums, dense. */
  readonly f16: number;
}

/** TFLOP/s of NVIDIA's data sheets by part of the name; the longer names come first. */
const PEAKS: readonly (readonly [name: string, peak: Peak])[] = [
  ["H100 PCIe", { f32: 51.2, f16: 756 }],
  ["H100", { f32: 66.9, f16: 989 }],
  ["H200", { f32: 66.9, f16: 989 }],
  ["A100", { f32: 19.5, f16: 312 }],
];

/** The peak of a GPU, or null for one that is not listed. */
export function peakOf(gpu: string): Peak | null {
  return PEAKS.find(([name]) => gpu.includes(name))?.[1] ?? null;
}
