import { type Device, type DeviceOptions, openDevice } from "@videoms/core";
import { environment } from "@videoms/data/files";
import type { EncoderModel, RunTask } from "../../definition/run_task.ts";
import { candidatesHere, fastestDevice } from "./fastest_device.ts";

/** What is computed on and in, where it is to be otherwise than a task says. */
export interface DeviceChoice
  extends Pick<DeviceOptions, "backend" | "gpu" | "turn" | "precision" | "threads"> {
  /** Number or part of the name of a GPU; null for the most powerful one. */
  adapter?: string | null;
}

/** What of an object says which device is meant. */
export function deviceChoice(
  { backend, gpu, adapter, turn, precision, threads }: DeviceChoice,
): DeviceChoice {
  return { backend, gpu, adapter, turn, precision, threads };
}

/** Whether kernels on Dawn clamp indices, where `VIDEOMS_GPU_CHECKS` says so. */
export function gpuChecks(): boolean | undefined {
  return environment("VIDEOMS_GPU_CHECKS") === "1" || undefined;
}

/** What of a task says which device it is trained on; a probe has no network of its own. */
interface DeviceTask
  extends Pick<RunTask, "kind" | "backend" | "gpu" | "adapter" | "precision" | "batch"> {
  readonly model?: EncoderModel;
}

/**
 * Opens the device of a task; whoever opens it closes it. Backend `auto` is the fastest of the CPU engine and the
 * GPUs that are there, by a short step that is timed once.
 *
 * @param tell told which one is the fastest
 */
export async function openTaskDevice(
  task: DeviceTask,
  choice: DeviceChoice = {},
  tell: (text: string) => void = () => {},
): Promise<Device> {
  const { backend, gpu = task.gpu, precision = task.precision } = choice;
  const adapter = (choice.adapter === undefined ? task.adapter : choice.adapter) ?? undefined;
  const checks = gpuChecks();
  const { turn, threads } = choice;
  const asked = {
    backend: backend ?? task.backend,
    gpu,
    adapter,
    turn,
    precision,
    checks,
    threads,
  };
  try {
    const { kind, model, batch } = task;
    const fastest = asked.backend === "auto" && model
      ? await fastestDevice({ kind, model, batch, precision }, {
        candidates: await candidatesHere({ gpu, adapter, turn, precision }),
        tell,
      })
      : null;
    return await openDevice({ ...asked, ...fastest });
  } catch (error) {
    if (backend !== undefined || task.backend === "auto" || !(error instanceof Error)) throw error;
    const advice =
      `The task asks for backend "${task.backend}"; --backend auto takes what is there.`;
    throw new Error(`${error.message.replace(/\.$/, "")}. ${advice}`, { cause: error });
  }
}

/** What of a device says which numbers it gives; nothing for float32, as before there was a choice. */
export function precisionFact({ precision }: Pick<Device, "precision">): Record<string, string> {
  return precision === "f32" ? {} : { precision };
}
