import type { Json } from "@videoms/core";
import { topName } from "../../output/metrics.ts";
import { headName, type LoggedMetric, loggedMetrics } from "./logged_metric.ts";
import type { LogEntry } from "./run_log.ts";

/** Events whose lines held numbers as fields of their own. */
const EVENTS: readonly Json[] = ["step", "evaluation", "validation"];

type Fields = Readonly<Record<string, Json>>;

/** The numbers among some fields; what was null had not been measured. */
function numbersOf(
  { step: _step, epoch: _epoch, k, ...fields }: Fields,
  of: Pick<LoggedMetric, "weights" | "head"> = {},
): LoggedMetric[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    const name = field === "topK" ? topName(Number(k)) : field;
    return typeof value === "number" ? [{ name, value, ...of }] : [];
  });
}

/** The heads of a probe, after the figures of the best of them. */
function headsOf(heads: readonly Fields[], k: Json): LoggedMetric[] {
  const rows = heads.map(({ kind, rate, decay, ...fields }) => ({
    head: headName({ kind: String(kind), rate: Number(rate), decay: Number(decay) }),
    fields: { ...fields, k } as Fields,
  }));
  const [best] = rows.toSorted(({ fields: a }, { fields: b }) =>
    Number(b.top1) - Number(a.top1) || Number(a.loss) - Number(b.loss)
  );
  return [
    ...numbersOf(best.fields),
    ...rows.flatMap(({ head, fields }) => numbersOf(fields, { head })),
  ];
}

/** What a comparison of the chosen tokens with all of them measured. */
function comparisonOf({ tokens, msPerClip }: Fields): LoggedMetric[] {
  const [[kept, all], [ms, msWithAll]] = [tokens, msPerClip] as [number[], number[]];
  return loggedMetrics({
    tokens: kept,
    allTokens: all,
    msPerClip: ms,
    msPerClipWithAll: msWithAll,
  });
}

/**
 * The numbers of a line of a version that had no `metrics` in its lines: those of the weights as fields, their
 * average's as `average` or `averageLoss`, a probe's as `heads`.
 *
 * @returns null for a line that only says what happened
 */
export function earlierMetrics(line: LogEntry): LoggedMetric[] | null {
  const { event, average, averageLoss, heads, ...fields } = line;
  if (event === "cost") return comparisonOf(fields);
  if (!EVENTS.includes(event)) return null;
  const weights = "last-average";
  return [
    ...numbersOf(fields),
    ...typeof average === "object" && average ? numbersOf(average as Fields, { weights }) : [],
    ...typeof averageLoss === "number" ? numbersOf({ loss: averageLoss }, { weights }) : [],
    ...Array.isArray(heads) && heads.length > 0 ? headsOf(heads as Fields[], fields.k) : [],
  ];
}
