import { isFile, writeAtomically } from "@videoms/data/files";
import { confusionPicture, writePng } from "@videoms/data/pictures";
import type { ScoreSummary, TargetSummary, ViewScores } from "@videoms/models";
import { basename, extname, join } from "node:path";
import type { Shard } from "@videoms/data";
import { evaluationDifferences } from "./merge_scores.ts";
import { readScores } from "./scores_file.ts";
import { evaluationTitle, shownFigures } from "./summary_text.ts";
import { currentVersions } from "../../runs/folder/versions.ts";

/** Where an evaluation is kept unless it is told otherwise: one folder each, so that none is lost. */
export function evaluationFolder(
  runFolder: string,
  { facts, segments, crops }: Pick<ViewScores, "facts" | "segments" | "crops">,
): string {
  const { list, weights, checkpoint, control } = facts;
  const listName = basename(list, extname(list));
  const name = `${listName}-${weights}-step${checkpoint.step}-${segments}x${crops}${
    control ? `-${control}` : ""
  }`;
  return join(runFolder, "evaluation", name);
}

/** The score file of an evaluation, or of one of its shards. */
export function scoresPath(folder: string, shard?: Shard): string {
  const part = shard ? `-${shard.index}-of-${shard.count}` : "";
  return join(folder, `scores${part}.safetensors`);
}

/**
 * What an earlier process scored of an evaluation, to go on from; `start` if there is nothing.
 *
 * @param start the evaluation without any scores
 * @throws {Error} if the file is damaged or of another evaluation
 */
export async function earlierScores(path: string, start: ViewScores): Promise<ViewScores> {
  const advice = "Start anew with --fresh, or choose another folder with --out.";
  if (!await isFile(path)) return start;
  const earlier = await readScores(path).catch((error) => {
    throw new Error(`${error.message}. ${advice}`);
  });
  const differences = evaluationDifferences(earlier, start);
  if (differences.length === 0) return { ...earlier, facts: start.facts };
  throw new Error(
    `Cannot resume the evaluation in "${path}": it must be the same one, got (there and now) ` +
      `${differences.join("; ")}. ${advice}`,
  );
}

/** Writes `evaluation.json` and, of classes, `confusion.png`, each whole or not at all. */
export async function writeSummary(
  folder: string,
  scores: Pick<ViewScores, "facts" | "classes">,
  summary: ScoreSummary | TargetSummary,
  more: object = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const facts = { versions: currentVersions(), written: new Date().toISOString(), ...more };
  const file = join(folder, "evaluation.json");
  if ("figures" in summary) {
    const fields = { ...scores.facts, classes: scores.classes, ...summary, ...facts };
    return await writeAtomically(file, JSON.stringify(fields, null, 2) + "\n");
  }
  const { confusion, perClass } = summary;
  const picture = confusionPicture({
    classes: scores.classes,
    counts: confusion,
    videos: perClass.map(({ videos }) => videos),
    title: [
      evaluationTitle(scores, summary, "x"), // the font has no multiplication sign
      shownFigures(scores, summary).map((figure) => figure.join(" ")).join(", "),
    ],
  });
  await writePng(join(folder, "confusion.png"), picture);
  await writeAtomically(file, summaryJson(scores, summary, facts));
}

/**
 * What scores come to, as JSON for programs: the fields of the summary (accuracies as shares), what was
 * evaluated, `right` with a 1 for each row that is right and a 0 for the others, and the confusion matrix with a line
 * for each label.
 *
 * @param more further fields, such as versions and times
 */
export function summaryJson(
  { facts, classes }: Pick<ViewScores, "facts" | "classes">,
  { confusion, right, ...summary }: ScoreSummary,
  more: object = {},
): string {
  const rows = classes.map((_, label) =>
    JSON.stringify([...confusion.subarray(label * classes.length, (label + 1) * classes.length)])
  );
  const fields = JSON.stringify(
    { ...facts, ...summary, right: right.map(Number).join(""), ...more },
    null,
    2,
  ).slice(0, -2);
  return `${fields},\n  "confusion": [\n    ${rows.join(",\n    ")}\n  ]\n}\n`;
}
