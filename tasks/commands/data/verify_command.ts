import {
  CACHE_FOLDER,
  checksCache,
  type FileFindings,
  fileFindings,
  type VerifiedFile,
  verifyFiles,
  type VideoRecord,
} from "@videoms/data";
import { writeAtomically } from "@videoms/data/files";
import {
  type Command,
  createProgress,
  defineCommand,
  type FlagSpecs,
  type Output,
  printSome,
} from "@videoms/data/console";
import { indexList, LIST_ARGUMENT, LIST_FLAGS, type ListInput } from "./indexed_list.ts";

const FLAGS = {
  ...LIST_FLAGS,
  bad: { type: "file", help: "write the paths of bad files, for `--exclude` of a run" },
} as const satisfies FlagSpecs;

interface JudgedFile extends FileFindings {
  path: string;
}

/** Prints findings kind by kind, each with its first files. */
function printKinds(
  output: Output,
  files: readonly JudgedFile[],
  which: "faults" | "oddities",
  title: string,
): void {
  const findings = files.flatMap((file) =>
    file[which].map(({ kind, what }) => ({ kind, line: `  ${file.path}: ${what}` }))
  );
  for (const [kind, found] of Map.groupBy(findings, (one) => one.kind)) {
    output.print(`${found.length} ${title}, ${kind}:`);
    printSome(output, found.map(({ line }) => line));
  }
}

function reportSeeking(output: Output, files: readonly VerifiedFile[]): void {
  const tried = files.filter(({ check }) => check.compared > 0);
  const wrong = tried.filter(({ check }) => check.seekFault !== null);
  const clips = tried.reduce((sum, { check }) => sum + check.compared, 0);
  output.print(
    `${clips} clips that start in the middle of ${tried.length} files were compared with full decodes: ` +
      `${wrong.length} files differ`,
  );
  if (wrong.length === 0) return;
  output.print("these are decoded from their start from now on, so that their frames are exact:");
  printSome(output, wrong.map(({ record, check }) => `  ${record.path}: ${check.seekFault}`));
}

/** Prints which files have another number of frames than their packets say. */
function reportCounts(
  output: Output,
  records: readonly VideoRecord[],
  files: readonly VerifiedFile[],
): void {
  const indexed = new Map(records.map(({ path, frames }) => [path, frames]));
  const wrong = files.map(({ record }) => record)
    .filter(({ path, frames }) => frames !== indexed.get(path));
  if (wrong.length === 0) return;
  output.print(`${wrong.length} had another number of frames in the index, now corrected:`);
  printSome(
    output,
    wrong.map(({ path, frames }) => `  ${path}: ${frames}, not ${indexed.get(path)}`),
  );
}

async function verify(
  records: readonly VideoRecord[],
  { flags: { workers }, signal, output }: ListInput,
): Promise<VerifiedFile[]> {
  using progress = createProgress(output.status, "checking", records.length, "videos");
  return await verifyFiles(records, {
    ...checksCache(output.printError),
    concurrency: workers,
    signal,
    onProgress: ({ done }) => progress.update(done),
  });
}

export const command: Command = defineCommand({
  summary: "decode every video of a list once and name what is truncated, damaged or unusual",
  description: [
    "Every frame is decoded and hashed, and clips that start at key frames, just before them and at random " +
    "places are compared with that. A file in which one differs is marked in the index: its clips are " +
    "decoded from the start from then on. A number of frames that differs from the index is corrected " +
    `there, if the decoder reports no error. Both are kept in ${CACHE_FOLDER}; a check that was stopped or ` +
    "killed resumes.",
    "The exit code is 1 if a file is bad: missing, unreadable, truncated or damaged.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: ["verify train.txt --bad bad.txt"],
  whenStopped: "the files that were checked are kept, and the same command resumes",
  async run(input) {
    const { flags: { bad: badFile }, positionals: [list], output } = input;
    const { records, unreadable } = await indexList(list, input, false);
    const files = await verify(records, input);
    const judged = files.map(({ record: { path }, record, check }): JudgedFile => ({
      path,
      ...fileFindings(record, check),
    }));
    const frames = files.reduce((sum, { check }) => sum + check.decoded, 0);
    output.print(`${files.length} videos, ${frames} frames decoded`);
    reportCounts(output, records, files);
    reportSeeking(output, files);
    printKinds(output, judged, "oddities", "unusual");
    printKinds(output, judged, "faults", "bad");
    if (unreadable.size > 0) output.print(`${unreadable.size} bad, unreadable:`);
    printSome(output, [...unreadable].map(([path, error]) => `  ${path}: ${error}`));
    const faulty = judged.filter(({ faults }) => faults.length > 0);
    const bad = [...unreadable.keys(), ...faulty.map(({ path }) => path)];
    if (badFile !== undefined) {
      await writeAtomically(badFile, bad.map((path) => `${path}\n`).join(""));
      output.print(`bad files: ${badFile}, ${bad.length} paths; leave them out with --exclude`);
    }
    if (bad.length === 0) return;
    const total = files.length + unreadable.size;
    throw new Error(
      `Cannot read all of ${list}: every video must be intact, got ${bad.length} of ${total} that are bad`,
    );
  },
});
