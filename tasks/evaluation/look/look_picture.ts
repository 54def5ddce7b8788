import { join } from "node:path";
import { type Descriptor, openDevice, type Registry } from "@videoms/core";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { prepareVideos } from "@videoms/data";
import { checkpointSource, patchSource } from "./look_source.ts";
import type { LookStatistics } from "./look_statistics.ts";
import { writeLook } from "./write_look.ts";

/** What {@linkcode lookPicture} draws. */
export interface LookPictureOptions {
  /** Says what clips look like, and names the videos. */
  task: PretrainTask;
  registry: Registry;
  /** Strategies to show side by side. */
  strategies: readonly Descriptor<"masking">[];
  /** Folder for `clip-0.png`, `clip-0.json`, …; it is made. */
  folder: string;
  /** Held-out videos to draw, the first ones of the list. @default 1 */
  clips?: number;
  /** Run folder or checkpoint file to embed tokens by. @default none: raw patches */
  checkpoint?: string;
  /** Epochs whose chance the statistics are of. @default 8 */
  epochs?: number;
  signal?: AbortSignal;
}

/** A picture that was drawn. */
export interface LookPicture {
  /** The PNG file. */
  path: string;
  statistics: LookStatistics;
}

/**
 * Draws what strategies make of a task's held-out clips, as PNG files with their statistics beside them,
 * for reports.
 *
 * @throws {Error} if a video cannot be read, or the checkpoint cannot
 */
export async function lookPicture(options: LookPictureOptions): Promise<LookPicture[]> {
  const { task, registry, strategies, folder, checkpoint, signal } = options;
  const { clips = 1, epochs = 8 } = options;
  await openDevice({ backend: task.backend });
  const videos = await prepareVideos(task, registry, { signal });
  using source = checkpoint === undefined
    ? patchSource(task)
    : await checkpointSource(checkpoint, registry);
  const pictures: LookPicture[] = [];
  for (const [i, video] of videos.heldOut.slice(0, clips).entries()) {
    const path = join(folder, `clip-${i}.png`);
    const look = { source, registry, strategies, epochs, signal };
    pictures.push({ path, statistics: await writeLook(path, "png", video, look) });
  }
  return pictures;
}
