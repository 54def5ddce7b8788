import { join } from "node:path";
import type { Descriptor, Registry } from "@videoms/core";
import { prepareVideos } from "@videoms/data";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { patchSource } from "./look_source.ts";
import { writeLook } from "./write_look.ts";

/**
 * Draws what strategies make of a task's first held-out clip, for reports: `clip-0.png` with its statistics
 * `clip-0.json` beside it. Importance is that of raw patches.
 *
 * @param folder where they are written; it is made
 * @throws {Error} if the video cannot be read
 */
export async function lookPicture(
  task: PretrainTask,
  strategies: readonly Descriptor<"masking">[],
  folder: string,
  { registry, signal }: { registry: Registry; signal?: AbortSignal },
): Promise<void> {
  const { heldOut: [video] } = await prepareVideos(task, registry, { signal });
  await using source = await patchSource(task);
  const options = { source, registry, strategies, epochs: 8, signal };
  await writeLook(join(folder, "clip-0.png"), "png", video, options);
}
