import type { RunLog } from "../log/run_log.ts";
import type { RunVideos } from "@videoms/data";

/** Tells and logs which videos cannot be read, and whether videos are trained and tested on alike. */
export function reportVideos(
  { unreadable, shared }: RunVideos,
  log: RunLog,
  print: (text: string) => void,
): void {
  for (const { path, error, split } of unreadable) {
    print(`Cannot read ${path} (${split}): ${error}`);
    log.append({ event: "unreadable", split, path, error });
  }
  if (shared === 0) return;
  print(
    `Warning: ${shared} of the held-out and test videos are trained on as well; ` +
      "figures on them say nothing about new videos",
  );
  log.append({ event: "shared", videos: shared });
}
