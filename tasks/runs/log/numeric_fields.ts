import type { Json } from "@videoms/core";

/** Lines of a log that hold measurements; the others say what happened. */
export const MEASURING_EVENTS: readonly string[] = ["step", "evaluation", "validation"];

/** A number of a log's line; null stands for one that is not finite. */
export type NumericField = readonly [path: string, value: number | null];

/**
 * The numbers of a line, also those inside of objects and lists, by their dotted paths.
 *
 * @example
 * ```ts
 * import { numericFields } from "@videoms/tasks";
 *
 * const fields = numericFields({ event: "validation", loss: 0.5, average: { loss: 0.25 } });
 * console.assert(JSON.stringify(fields) === '[["loss",0.5],["average.loss",0.25]]');
 * ```
 */
export function numericFields(value: Json, path = ""): NumericField[] {
  if (typeof value === "number" || (value === null && path !== "")) return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    numericFields(inner as Json, path === "" ? key : `${path}.${key}`)
  );
}
