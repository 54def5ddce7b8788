import { isAbsolute, normalize, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Json, type Registry, withEarlierOptions } from "@videoms/core";
import { flattenFields } from "@videoms/core/plain";
import { shippedRegistry } from "../../definition/plugins.ts";
import { EARLIER_VALUES, isFree } from "../../definition/task_kinds.ts";

/** A field in which two tasks differ; undefined where one of them lacks it. */
export interface FieldDifference {
  path: string;
  saved: Json | undefined;
  wanted: Json | undefined;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
}

/**
 * Whether a saved path may stand for another one. In runs from before relative paths started at the task file,
 * they started at the folder of the command: one that leads nowhere from here is the same as a path that ends
 * with it.
 */
export function isSamePath(saved: string, wanted: string): boolean {
  if (saved === "" || wanted === "") return false;
  if (resolve(saved) === resolve(wanted)) return true;
  const mayHaveMoved = !isAbsolute(saved) && isAbsolute(wanted) && !isThere(saved);
  return mayHaveMoved && wanted.endsWith(`/${normalize(saved)}`);
}

/** Whether two values are the same, or paths to the same place; null is the same as no value. */
function isSame(saved: Json | undefined, wanted: Json | undefined): boolean {
  if ((saved ?? null) === (wanted ?? null)) return true;
  if (isDeepStrictEqual(saved, wanted)) return true;
  return typeof saved === "string" && typeof wanted === "string" && isSamePath(saved, wanted);
}

/**
 * The fields in which two tasks differ, but for those that may change ({@linkcode isFree}), in the order of the task. A path
 * that is only spelt otherwise is the same, and so is a field that is null where the other has none: what was saved
 * before a field or an option of a plugin existed did without it.
 *
 * @param saved the task of a run folder
 * @param wanted the task that is to run
 * @param registry the plugins that they may name @default those that come with VideoMS
 */
export function taskDifference(
  saved: object,
  wanted: object,
  registry: Pick<Registry, "list"> = shippedRegistry(),
): FieldDifference[] {
  const [before, after] = [saved, wanted].map((task) =>
    new Map(flattenFields(withEarlierOptions(task, registry)) as [string, Json | undefined][])
  );
  const valueIn = (fields: typeof before, path: string): Json | undefined =>
    fields.get(path) ?? EARLIER_VALUES[path];
  return [...new Set([...after.keys(), ...before.keys()])]
    .filter((path) => !isFree(path))
    .map((path) => ({ path, saved: valueIn(before, path), wanted: valueIn(after, path) }))
    .filter(({ saved, wanted }) => !isSame(saved, wanted));
}

/** Differences of fields as one text, for messages. */
export function describeDifferences(differences: readonly FieldDifference[]): string {
  const show = (value: Json | undefined) => value === undefined ? "nothing" : JSON.stringify(value);
  return differences
    .map(({ path, saved, wanted }) => `${path} was ${show(saved)} and is now ${show(wanted)}`)
    .join("; ");
}
