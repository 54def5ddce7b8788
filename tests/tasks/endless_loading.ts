/**
 * A program that loads clips of a video over and over in a thread of its own, for tests that interrupt
 * and kill it.
 *
 * @module
 */

import { indexVideos } from "@videoms/data";
import { dense } from "@videoms/masking";
import { defineCommand } from "@videoms/data/console";
import { runProgram } from "../../tasks/commands/line/run_program.ts";
import { loadInWorker } from "../../tasks/runs/loader/data_worker_batches.ts";

const load = defineCommand({
  summary: "load a video over and over",
  positionals: [
    { name: "video", help: "a video" },
    { name: "scratch", help: "folder for pixels on their way" },
    { name: "heed", help: "whether it stops when interrupted: yes or no" },
  ],
  flags: {},
  async run({ positionals: [video, scratch, heed], signal }) {
    const [entry] = await indexVideos([video]);
    if ("error" in entry) throw new Error(entry.error);
    const batches = loadInWorker({
      recipe: {
        clip: { model: { frames: 8, tubeletSize: 2, imageSize: 32 }, data: { samplingRate: 300 } },
        frames: dense(),
        crop: "centre",
      },
      videos: Array.from({ length: 8 }, () => ({ record: entry.record, label: 0 })),
      ...{ batch: 2, size: 32, seed: 0, processes: 2, scratch },
    });
    for await (const batch of batches) {
      batch.release();
      await new Promise((resolve) => setTimeout(resolve, 0)); // interrupts are heard here
      if (heed === "yes") signal.throwIfAborted();
    }
  },
});

await runProgram({ name: "endless_loading", summary: "for tests", commands: { load } });
