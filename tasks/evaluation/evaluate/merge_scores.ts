import { joinRows, type Json } from "@videoms/core";
import { taskDifference } from "../../runs/folder/task_difference.ts";
import { unfinishedRows, type ViewEntries, type ViewScores } from "@videoms/models";

/** Scores and where they come from, for messages. */
export interface NamedScores {
  readonly name: string;
  readonly scores: ViewScores;
}

/** Differences and rows that a message lists before it says "and n more". */
const LISTED = 5;

function firstFew(parts: readonly string[]): string {
  const more = parts.length - LISTED;
  return parts.slice(0, LISTED).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/**
 * What makes an evaluation what it is, beside its videos; where checkpoint and list lie is no part of that. The model is
 * where a task has it, so that scores which are older than one of its fields are of the model that does the same.
 */
function identity({ facts, classes, segments, crops }: ViewScores): object {
  const { task, checkpoint: { step, sha256 }, weights, control, labelMap } = facts;
  const { model, ...settings } = (facts.settings ?? {}) as { model?: Json };
  const own = { task, model, settings, step, sha256, weights, control, labelMap };
  return { ...own, classes, segments, crops };
}

/**
 * In what two scores are not of the same evaluation: same checkpoint, settings, list and views.
 *
 * @returns one text for each difference; none if they are of the same
 */
export function evaluationDifferences(one: ViewScores, other: ViewScores): string[] {
  const show = (value: unknown) => value === undefined ? "nothing" : JSON.stringify(value);
  const differences = taskDifference(identity(one), identity(other))
    .map(({ path, saved, wanted }) => `${path} ${show(saved)} and ${show(wanted)}`);
  if (one.videos.length !== other.videos.length) {
    return [...differences, `${one.videos.length} and ${other.videos.length} videos`];
  }
  const row = one.videos.findIndex((video, r) => show(video) !== show(other.videos[r]));
  if (row < 0) return differences;
  return [...differences, `row ${row} ${show(one.videos[row])} and ${show(other.videos[row])}`];
}

function joinEntries(parts: readonly ViewEntries[]): ViewEntries {
  const join = (name: "row" | "segment" | "crop") =>
    joinRows(Int32Array, parts.map((part) => part[name]));
  const logits = joinRows(Float32Array, parts.map((part) => part.logits));
  return { row: join("row"), segment: join("segment"), crop: join("crop"), logits };
}

/**
 * Joins the shards of one evaluation.
 *
 * @throws {RangeError} if they are not of the same evaluation, if a view is in two of them, or if
 * views of a video are in none; names the differences or the rows
 */
export function mergeScores(shards: readonly NamedScores[]): ViewScores {
  if (shards.length === 0) {
    throw new RangeError("Cannot evaluate: there must be a score file, got none");
  }
  const [first, ...others] = shards;
  for (const { name, scores } of others) {
    const differences = evaluationDifferences(first.scores, scores);
    if (differences.length === 0) continue;
    throw new RangeError(
      `Cannot evaluate: ${first.name} and ${name} must be of the same evaluation, got ` +
        firstFew(differences),
    );
  }
  const merged: ViewScores = {
    ...first.scores,
    entries: joinEntries(shards.map(({ scores }) => scores.entries)),
    failed: shards.flatMap(({ scores }) => scores.failed),
  };
  const missing = unfinishedRows(merged);
  if (missing.length > 0) {
    const named = missing.map((row) => `row ${row} (${merged.videos[row].path})`);
    throw new RangeError(
      `Cannot evaluate: every view of ${merged.videos.length} videos must have been scored or ` +
        `have failed, got ${missing.length} videos that lack views: ${firstFew(named)}`,
    );
  }
  return merged;
}
