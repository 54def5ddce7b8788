import { resolve } from "node:path";
import type { Json } from "@videoms/core";

/** A field in which two tasks differ; undefined where one of them lacks it. */
export interface FieldDifference {
  /** Dotted path. */
  path: string;
  /** What the run folder has. */
  saved: Json | undefined;
  /** What is asked for. */
  wanted: Json | undefined;
}

/** Fields that change how a run goes on but not what it computes. */
export const FREE_FIELDS: readonly string[] = [
  "backend",
  "out",
  "data.workers",
  "data.prefetch",
  "logEvery",
  "checkpointEvery",
  "keepCheckpoints",
  "keepEvery",
  "skipNonFinite", // until a step is skipped, it has changed nothing
  "pictureEvery",
];

/** What a task does that lacks a field, since it is older than the field. */
export const EARLIER_VALUES: Readonly<Record<string, Json>> = {
  precision: "f32",
  "model.headNormEpsilon": null,
  "model.decoderFinalNormEpsilon": null,
};

/** The values of plain data by dotted path; lists are values. */
function flatten(value: object, prefix = ""): Map<string, Json> {
  const fields = new Map<string, Json>();
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix + key;
    const isGroup = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    if (isGroup) { for (const [name, leaf] of flatten(inner, `${path}.`)) fields.set(name, leaf); }
    else if (inner !== undefined) fields.set(path, inner);
  }
  return fields;
}

/** Whether two values are the same, or paths to the same place; null is the same as no value. */
function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if ((one ?? null) === (other ?? null)) return true;
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  if (typeof one !== "string" || typeof other !== "string") return false;
  return one !== "" && other !== "" && resolve(one) === resolve(other);
}

/**
 * The fields in which two tasks differ, but for {@linkcode FREE_FIELDS}, in the order of the task. A path
 * that is only spelt otherwise is the same, and so is a field that is null where the other has none: what was saved
 * before a field existed did without it.
 *
 * @param saved the task of a run folder
 * @param wanted the task that is to run
 */
export function taskDifference(saved: object, wanted: object): FieldDifference[] {
  const before = flatten(saved);
  const after = flatten(wanted);
  const valueIn = (fields: Map<string, Json>, path: string): Json | undefined =>
    fields.has(path) ? fields.get(path) : EARLIER_VALUES[path];
  return [...new Set([...after.keys(), ...before.keys()])]
    .filter((path) => !FREE_FIELDS.includes(path))
    .map((path) => ({ path, saved: valueIn(before, path), wanted: valueIn(after, path) }))
    .filter(({ saved, wanted }) => !isSame(saved, wanted));
}
