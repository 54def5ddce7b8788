import { type Device, type DeviceOptions, openDevice } from "@videoms/core";
import type { RunTask } from "../../definition/run_task.ts";

/** What is computed on and in, where it is to be otherwise than a task says. */
export type DeviceChoice = Pick<DeviceOptions, "backend" | "precision">;

/** Opens the device of a task; whoever opens it closes it. */
export async function openTaskDevice(
  task: Pick<RunTask, "backend" | "precision">,
  { backend, precision = task.precision }: DeviceChoice = {},
): Promise<Device> {
  try {
    return await openDevice({ backend: backend ?? task.backend, precision });
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
