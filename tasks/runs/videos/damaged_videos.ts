import type { ClipBatch, RunLog, RunVideos } from "@videoms/data";
import type { RunCounts } from "../checkpoint/resume_note.ts";
import type { RunFolder } from "../folder/run_folder.ts";

/** What a run knows of damage, and where it tells of it. */
interface DamagedRun {
  readonly counts: RunCounts;
  readonly log: Pick<RunLog, "append">;
  readonly folder: Pick<RunFolder, "path">;
}

const NAMED = 10;

/** Counts and logs the clips of a batch that could not be decoded; tells of each file once in a run. */
export function noteDamage(
  { counts, log }: DamagedRun,
  { replaced }: Pick<ClipBatch, "replaced">,
  step: number,
  print: (text: string) => void,
): void {
  counts.replaced += replaced.length;
  for (const { path, error, by } of replaced) {
    const known = counts.damaged[path];
    counts.damaged[path] = { clips: (known?.clips ?? 0) + 1, error: known?.error ?? error };
    log.append({ event: "replaced", step, path, error, by });
    if (!known) {
      print(`Replaced a clip of ${path} (${error}) by one of ${by}; further ones are counted`);
    }
  }
}

/** Tells and logs how many clips of the run could not be decoded, and of which files, if there are any. */
export function reportDamage(
  { counts: { clips, replaced, damaged }, folder, log }: DamagedRun,
  step: number,
  print: (text: string) => void,
): void {
  if (replaced === 0) return;
  const files = Object.entries(damaged).sort(([, a], [, b]) => b.clips - a.clips);
  const named = files.slice(0, NAMED)
    .map(([path, { clips, error }]) => `\n  ${path}: ${clips} (${error})`);
  const more = files.length > NAMED ? `\n  … and ${files.length - NAMED} more` : "";
  print(
    `${replaced} of ${clips} clips could not be decoded and were replaced; ${folder.path}/log.jsonl ` +
      `names them. They were of ${files.length} ${files.length === 1 ? "video" : "videos"}, ` +
      `which --exclude leaves out:${named.join("")}${more}`,
  );
  log.append({ event: "replaced-in-all", step, clips, replaced, files: files.length });
}

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
