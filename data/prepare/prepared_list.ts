import type { Annotation } from "../annotations/annotations.ts";
import type { PrepareOutcome } from "./prepare_files.ts";
import { relative, sep } from "node:path";

/**
 * The list of prepared files: the lines of the original, in order, with the same labels and without failed
 * files.
 *
 * @param outcomes one per line of the original
 * @param folder folder of the list, to which its paths are relative
 */
export function preparedList(
  annotations: readonly Annotation[],
  outcomes: readonly PrepareOutcome[],
  folder: string,
): string[] {
  return annotations.flatMap(({ label }, row) => {
    const outcome = outcomes[row];
    if ("error" in outcome) return [];
    // A slash tells a folder from a video that is listed without its extension.
    const slash = outcome.isFolder ? "/" : "";
    const path = relative(folder, outcome.output).split(sep).join("/") + slash;
    // Lists ignore white space at the start of a line.
    return [`${/^[\s\uFEFF]/.test(path) ? "./" : ""}${path} ${label}`];
  });
}
