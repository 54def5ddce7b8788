import * as tf from "@tensorflow/tfjs-core";
import type { Kernels } from "./kernels/kernels.ts";
import { plainKernels } from "./plain/plain_kernels.ts";

const byBackend = new Map<string, Kernels>();

/** Makes a tfjs backend compute the operations of this package with kernels of its own; null for stock ones. */
export function useKernels(backend: string, kernels: Kernels | null): void {
  if (kernels) byBackend.set(backend, kernels);
  else byBackend.delete(backend);
}

/** The kernels of the current tfjs backend: its own, else stock tfjs operations. */
export function activeKernels(): Kernels {
  return byBackend.get(tf.getBackend()) ?? plainKernels;
}
