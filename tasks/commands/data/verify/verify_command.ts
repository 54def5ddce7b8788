import {
  CACHE_FOLDER,
  checksCache,
  type FileFindings,
  fileFindings,
  type VerifiedFile,
  verifyFiles,
  type VideoRecord,
} from "@videoms/data";
import { type Command, defineCommand, type FlagSpecs } from "../../line/command.ts";
import type { Output } from "../../../output/output.ts";
import { createProgress } from "../../../output/progress/progress.ts";
import { writeAtomically } from "@videoms/data/files";
import { indexList, recordsOf, unreadableOf } from "../indexed_list.ts";
import { LIST_ARGUMENT, LIST_FLAGS } from "../list_flags.ts";
import { printSome } from "../print_some.ts";

const FLAGS = {
  ...LIST_FLAGS,
  bad: {
    type: "path",
    value: "file",
    help:
      "write the paths of the bad files, one a line; `--exclude <file>` keeps them out of a run",
  },
} as const satisfies FlagSpecs;

/** A file and what is to be said about it. */
interface JudgedFile extends FileFindings {
  path: string;
}

function printKinds(
  output: Output,
  files: readonly JudgedFile[],
  which: "faults" | "oddities",
  wording: (count: number, kind: string) => string,
): void {
  const kinds = new Map<string, string[]>();
  for (const file of files) {
    for (const { kind, what } of file[which]) {
      kinds.set(kind, [...kinds.get(kind) ?? [], `  ${file.path}: ${what}`]);
    }
  }
  for (const [kind, lines] of kinds) {
    output.print(wording(lines.length, kind));
    printSome(output, lines);
  }
}

function reportSeeking(output: Output, files: readonly VerifiedFile[]): void {
  const tried = files.filter(({ check }) => check.compared > 0);
  const wrong = tried.filter(({ check }) => check.seekFault !== null);
  const clips = tried.reduce((sum, { check }) => sum + check.compared, 0);
  output.print(
    `${clips} clips started in the middle of ${tried.length} files were compared with full decodes: ` +
      `${wrong.length} files differ`,
  );
  if (wrong.length === 0) return;
  output.print("these are decoded from their start from now on, so that their frames are exact:");
  printSome(output, wrong.map(({ record, check }) => `  ${record.path}: ${check.seekFault}`));
}

/** Tells which files have another number of frames than their packets say. */
function reportCounts(
  output: Output,
  records: readonly VideoRecord[],
  files: readonly VerifiedFile[],
): void {
  const indexed = new Map(records.map(({ path, frames }) => [path, frames]));
  const wrong = files.filter(({ record }) => record.frames !== indexed.get(record.path));
  if (wrong.length === 0) return;
  output.print(
    `${wrong.length} have another number of frames than was indexed, known from now on:`,
  );
  printSome(
    output,
    wrong.map(({ record: { path, frames } }) => `  ${path}: ${frames}, not ${indexed.get(path)}`),
  );
}

async function verify(
  records: readonly VideoRecord[],
  { workers, signal, output }: { workers?: number; signal: AbortSignal; output: Output },
): Promise<VerifiedFile[]> {
  using progress = createProgress({
    label: "checking",
    total: records.length,
    unit: "videos",
    output: output.status,
  });
  return await verifyFiles(records, {
    ...checksCache(output.printError),
    concurrency: workers,
    signal,
    onProgress: ({ done }) => progress.update(done),
  });
}

export const verifyCommand: Command = defineCommand({
  name: "verify",
  summary: "decode every video of a list once and name what is truncated, damaged or unusual",
  description: [
    "Every frame is decoded and hashed, and clips that are started at key frames, just before them and " +
    "at places drawn by chance are compared with that. A file in which one differs is marked in " +
    "the index: its clips are decoded from the start from then on. So is the number of frames of one that " +
    "has another than was indexed, if the decoder does not complain. Both are kept in " +
    `${CACHE_FOLDER}; a stopped or killed check goes on.`,
    "The exit code is 1 if a file is bad: missing, unreadable, truncated or damaged.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: [
    "verify train.txt --bad bad.txt",
  ],
  whenStopped: "the files that were checked are kept, and the same command goes on",
  async run({ flags, positionals: [list], signal, output }) {
    const { workers, bad: badFile } = flags;
    const options = { dataRoot: flags["data-root"], workers, checkFiles: false, signal, output };
    const indexed = await indexList(list, options);
    const unreadable = unreadableOf(indexed);
    const records = recordsOf(indexed);
    const files = await verify(records, { workers, signal, output });
    const judged = files.map(({ record, check }): JudgedFile => (
      { path: record.path, ...fileFindings(record, check) }
    ));
    const faulty = judged.filter(({ faults }) => faults.length > 0);
    const frames = files.reduce((sum, { check }) => sum + check.decoded, 0);
    output.print(`${files.length} videos, ${frames} frames decoded`);
    reportCounts(output, records, files);
    reportSeeking(output, files);
    printKinds(output, judged, "oddities", (count, kind) => `${count} unusual, ${kind}:`);
    printKinds(output, judged, "faults", (count, kind) => `${count} bad, ${kind}:`);
    if (unreadable.size > 0) output.print(`${unreadable.size} bad, unreadable:`);
    printSome(output, [...unreadable].map(([path, error]) => `  ${path}: ${error}`));
    const bad = [...unreadable.keys(), ...faulty.map(({ path }) => path)];
    if (badFile !== undefined) {
      await writeAtomically(badFile, bad.map((path) => `${path}\n`).join(""));
      output.print(`bad files: ${badFile}, ${bad.length} paths; leave them out with --exclude`);
    }
    const total = files.length + unreadable.size;
    if (bad.length > 0) {
      throw new Error(`Cannot vouch for ${list}: ${bad.length} of its ${total} videos are bad`);
    }
  },
});
