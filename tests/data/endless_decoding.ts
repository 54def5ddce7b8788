/**
 * A program that decodes a video over and over, for tests that interrupt and kill it.
 *
 * @module
 */

import { centreCrop, decodeClips, indexVideos } from "@videoms/data";
import { defineCommand } from "@videoms/data/console";
import { runProgram } from "../../tasks/commands/line/run_program.ts";

const decode = defineCommand({
  summary: "decode a video over and over",
  positionals: [
    { name: "video", help: "a video" },
    { name: "scratch", help: "folder for pixels on their way" },
    { name: "heed", help: "whether it stops when interrupted: yes or no" },
  ],
  flags: {},
  async run({ positionals: [video, scratch, heed], signal }) {
    const [entry] = await indexVideos([video]);
    if ("error" in entry) throw new Error(entry.error);
    const { record } = entry;
    const frames = [0, record.frames - 1];
    const requests = Array.from(
      { length: 4 },
      () => ({ record, frames, crop: centreCrop(record), size: 32 }),
    );
    const options = { processes: 2, scratch, signal: heed === "yes" ? signal : undefined };
    while (true) await Promise.all([1, 2].map(() => decodeClips(requests, options)));
  },
});

await runProgram({ name: "endless_decoding", summary: "for tests", commands: { decode } });
