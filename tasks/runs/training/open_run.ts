import { type Device, type Json, openDevice, type Registry } from "@videoms/core";
import { prepareVideos, type RunVideos, stepsPerEpoch } from "@videoms/data";
import type { Output } from "../../output/output.ts";
import {
  checkSameTask,
  openRunFolder,
  type RunFolder,
  type RunFolderOptions,
} from "../folder/run_folder.ts";
import type { RunTask } from "../../definition/run_task.ts";
import { compareRunData } from "../identity/run_data_check.ts";
import { runFacts, runFolderOf } from "./run_facts.ts";
import { checkExtension } from "./run_length.ts";
import { type RunSchedule, runSchedule } from "./run_schedule.ts";
import { openTuning, type RunTuning, type TuningOptions } from "./run_tuning.ts";
import type { PreparationHooks } from "./while_preparing.ts";

/** What a run is told when it is started, beside its task. */
export interface RunStartOptions extends RunFolderOptions, TuningOptions {
  /** Stops the run after the step at hand; it saves a checkpoint first. */
  signal?: AbortSignal;
  /** @default the standard streams */
  output?: Output;
}

/** How a run is opened. */
export type OpenRunOptions = RunStartOptions & PreparationHooks;

/** What any run has before it has tensors. */
export interface OpenedRun {
  device: Device;
  tuning: RunTuning;
  videos: RunVideos;
  schedule: RunSchedule;
  /** Locked; whoever opened the run closes it. */
  folder: RunFolder;
  /** Writes what is known of the run, and more, into its folder: from here on it is taken up. */
  begin(more?: Readonly<Record<string, Json>>): Promise<void>;
}

/**
 * Opens device, videos and folder of a run. Whether it is the run that is in the folder is looked at first,
 * as far as its task says, and once more when its videos are known.
 *
 * @throws {Error} if there is another run in the folder, or one of other videos
 */
export async function openRun(
  task: RunTask,
  registry: Registry,
  options: OpenRunOptions,
): Promise<OpenedRun> {
  const { tell, onProgress, signal } = options;
  const path = runFolderOf(task);
  await checkSameTask(path, task, options);
  const device = await openDevice({ backend: task.backend, precision: task.precision });
  tell(device.description);
  const tuning = await openTuning(device, options, tell);
  const videos = await prepareVideos(task, registry, { onProgress, tell, signal });
  const perEpoch = stepsPerEpoch(videos.train.length, task.batch * task.accumulate, "shuffled");
  const schedule = runSchedule(task, perEpoch);
  const folder = await openRunFolder(path, task, options);
  try {
    const data = await compareRunData(folder, task, videos.data, options);
    const extension = await checkExtension(folder, task, schedule, tell);
    return {
      device,
      tuning,
      videos,
      schedule,
      folder,
      async begin(more = {}) {
        await data.write();
        await folder.note({ ...runFacts(device, videos), ...extension, ...data.facts, ...more });
      },
    };
  } catch (error) {
    folder.close();
    throw error;
  }
}
