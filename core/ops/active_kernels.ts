import * as tf from "@tensorflow/tfjs-core";
import type { Kernels } from "./kernels/kernels.ts";
import { plainKernels } from "./plain/plain_kernels.ts";

const byBackend = new Map<string, Kernels>();

/** Makes a tfjs backend compute the operations of this package with kernels of its own. */
export function useKernels(backend: string, kernels: Kernels): void {
  byBackend.set(backend, kernels);
}

/** The kernels of the current tfjs backend: its own, else stock tfjs operations. */
export function activeKernels(): Kernels {
  return byBackend.get(tf.getBackend()) ?? plainKernels;
}
