import { type Device, type DeviceOptions, openDevice } from "@videoms/core";
import type { RunTask } from "../../definition/run_task.ts";

/** What is computed on and in, where it is to be otherwise than a task says. */
export type DeviceChoice = Pick<DeviceOptions, "backend" | "precision">;

/** Opens the device of a task; whoever opens it closes it. */
export async function openTaskDevice(
  task: Pick<RunTask, "backend" | "precision">,
  { backend = task.backend, precision = task.precision }: DeviceChoice = {},
): Promise<Device> {
  return await openDevice({ backend, precision });
}

/** What of a device says which numbers it gives; nothing for float32, as before there was a choice. */
export function precisionFact({ precision }: Pick<Device, "precision">): Record<string, string> {
  return precision === "f32" ? {} : { precision };
}
