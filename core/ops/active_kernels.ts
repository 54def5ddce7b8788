import * as tf from "@tensorflow/tfjs-core";
import type { Kernels } from "./kernels/kernels.ts";
import { referenceKernels } from "./reference/reference_kernels.ts";

const byBackend = new Map<string, Kernels>();

/** Registers a backend's kernels for the operations of this package; null for the reference kernels. */
export function useKernels(backend: string, kernels: Kernels | null): void {
  if (kernels) byBackend.set(backend, kernels);
  else byBackend.delete(backend);
}

/** The kernels of the current tfjs backend, by default the reference kernels. */
export function activeKernels(): Kernels {
  return byBackend.get(tf.getBackend()) ?? referenceKernels;
}
