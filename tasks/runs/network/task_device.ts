import { type Device, type DeviceOptions, openDevice } from "@videoms/core";
import { environment } from "@videoms/data/files";
import type { RunTask } from "../../definition/run_task.ts";

/** What is computed on and in, where it is to be otherwise than a task says. */
export interface DeviceChoice extends Pick<DeviceOptions, "backend" | "gpu" | "precision"> {
  /** Number or part of the name of a GPU; null for the most powerful one. */
  adapter?: string | null;
}

/** What of an object says which device is meant. */
export function deviceChoice({ backend, gpu, adapter, precision }: DeviceChoice): DeviceChoice {
  return { backend, gpu, adapter, precision };
}

/** Whether kernels on Dawn clamp indices, where `VIDEOMS_GPU_CHECKS` says so. */
export function gpuChecks(): boolean | undefined {
  return environment("VIDEOMS_GPU_CHECKS") === "1" || undefined;
}

/** Opens the device of a task; whoever opens it closes it. */
export async function openTaskDevice(
  task: Pick<RunTask, "backend" | "gpu" | "adapter" | "precision">,
  { backend, gpu = task.gpu, adapter = task.adapter, precision = task.precision }: DeviceChoice =
    {},
): Promise<Device> {
  try {
    return await openDevice({
      backend: backend ?? task.backend,
      gpu,
      adapter: adapter ?? undefined,
      precision,
      checks: gpuChecks(),
    });
  } catch (error) {
    if (backend !== undefined || task.backend === "auto" || !(error instanceof Error)) throw error;
    const advice =
      `The task asks for backend "${task.backend}"; --backend auto takes what is there.`;
    throw new Error(`${error.message} ${advice}`, { cause: error });
  }
}

/** What of a device says which numbers it gives; nothing for float32, as before there was a choice. */
export function precisionFact({ precision }: Pick<Device, "precision">): Record<string, string> {
  return precision === "f32" ? {} : { precision };
}
