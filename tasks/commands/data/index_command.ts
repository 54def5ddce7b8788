import {
  CACHE_FOLDER,
  indexCache,
  makeManifest,
  sharedContent,
  type VideoRecord,
} from "@videoms/data";
import { writeJson } from "@videoms/data/files";
import {
  type Command,
  createProgress,
  defineCommand,
  type FlagSpecs,
  type Output,
  printSome,
} from "@videoms/data/console";
import {
  type IndexedList,
  indexList,
  LIST_ARGUMENT,
  LIST_FLAGS,
  type ListInput,
} from "./indexed_list.ts";

const FLAGS = {
  ...LIST_FLAGS,
  against: { type: "list", help: "list that must share no file with this one, by content" },
  manifest: { type: "file", help: "write path, size, frames and SHA-256 of every file, as JSON" },
} as const satisfies FlagSpecs;

/** How many values there are of each kind: "12 h264, 3 mpeg4". */
function tally(values: readonly string[]): string {
  return [...Map.groupBy(values, (value) => value)].toSorted(([, a], [, b]) => b.length - a.length)
    .map(([value, { length }]) => `${length} ${value}`).join(", ");
}

function report({ annotations, records, unreadable, probed }: IndexedList, output: Output): void {
  const cache = indexCache(output.printError).cacheFile ?? "memory";
  const cut = records.filter(({ frames, declaredFrames }) => (declaredFrames ?? 0) > frames);
  const frames = records.reduce((sum, record) => sum + record.frames, 0);
  const hours = records.reduce((sum, record) => sum + record.duration, 0) / 3600;
  const seekable =
    records.filter(({ seek, images }) => images || (seek?.keyframes.length ?? 0) > 1).length;
  output.print(
    `${annotations.length} lines, ${records.length} videos, ${frames} frames, ` +
      `${hours.toFixed(2)} h: ${tally(records.map(({ codec }) => codec))}\n` +
      `${seekable} seekable, ${records.length - seekable} read from the start; ` +
      `${probed} indexed now, the others known from ${cache}`,
  );
  if (cut.length > 0) output.print(`${cut.length} have fewer frames than declared (truncated):`);
  printSome(output, cut.map((one) => `  ${one.path}: ${one.frames} of ${one.declaredFrames}`));
  if (unreadable.size > 0) output.print(`${unreadable.size} unreadable:`);
  printSome(output, [...unreadable].map(([path, error]) => `  ${path}: ${error}`));
}

async function writeManifest(
  file: string,
  records: readonly VideoRecord[],
  { signal, output }: ListInput,
): Promise<void> {
  using progress = createProgress(output.status, "hashing", records.length, "videos");
  let done = 0;
  const onFile = () => progress.update(++done);
  const manifest = await makeManifest(records, { signal, onFile });
  await writeJson(file, manifest);
  output.print(`manifest: ${file}, ${manifest.files.length} files, hash ${manifest.hash}`);
}

export const command: Command = defineCommand({
  summary: "index every video of a list once, and print what is there",
  description: [
    "Counts the frames of each file by its packets and finds out codec, size, frame times and whether " +
    "decoding may start in the middle. Only where packets do not tell how many frames there are (MPEG " +
    "streams, interlaced H.264, changing sizes, rare codecs) the file is decoded for it. What was found " +
    `is kept by path, size and modification time in ${CACHE_FOLDER}, which runs read; an index that was ` +
    "stopped or killed resumes.",
    "The exit code is 1 if a file cannot be read, or is shared with the other list.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: [
    "index train.txt",
    "index train.txt --against test.txt --manifest manifest.json",
  ],
  whenStopped: "what was indexed is kept, and the same command resumes",
  async run(input) {
    const { flags: { against, manifest }, positionals: [list], signal, output } = input;
    const indexed = await indexList(list, input, true);
    const { records, unreadable } = indexed;
    report(indexed, output);
    const problems = unreadable.size > 0 ? [`${unreadable.size} unreadable`] : [];
    if (against !== undefined) {
      const others = (await indexList(against, input, true)).records;
      const shared = await sharedContent(records, others, signal);
      output.print(`${shared.length} of ${others.length} videos of ${against} are in ${list} too`);
      printSome(output, shared.map(({ first, second }) => `  ${second} is ${first}`));
      if (shared.length > 0) problems.push(`${shared.length} that are in ${against} too`);
    }
    if (manifest !== undefined) await writeManifest(manifest, records, input);
    if (problems.length === 0) return;
    const rule = against === undefined ? "readable" : "readable and in one list only";
    throw new Error(`Cannot index ${list}: videos must be ${rule}, got ${problems.join(" and ")}`);
  },
});
