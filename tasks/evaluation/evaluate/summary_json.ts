import type { ScoreSummary, ViewScores } from "@videoms/models";

/**
 * What scores come to, as JSON for programs: the fields of the summary (accuracies as shares), what was
 * evaluated, and the confusion matrix with a line for each label.
 *
 * @param more further fields, such as versions and times
 */
export function summaryJson(
  { facts, classes }: Pick<ViewScores, "facts" | "classes">,
  { confusion, ...summary }: ScoreSummary,
  more: object = {},
): string {
  const rows = classes.map((_, label) =>
    JSON.stringify([...confusion.subarray(label * classes.length, (label + 1) * classes.length)])
  );
  const fields = JSON.stringify({ ...facts, ...summary, ...more }, null, 2).slice(0, -2);
  return `${fields},\n  "confusion": [\n    ${rows.join(",\n    ")}\n  ]\n}\n`;
}
