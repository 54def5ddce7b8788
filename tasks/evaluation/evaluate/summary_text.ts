import { formatMetric, formatPercent, metricKind, textTable } from "@videoms/core/plain";
import type {
  ClassAccuracy,
  ScoreSummary,
  TargetSummary,
  VideoFailure,
  ViewScores,
} from "@videoms/models";
import { evaluationMetrics } from "./evaluation_metrics.ts";

/** Up to so many classes all are listed; of more only the worst. */
const ALL_CLASSES = 20;

/** Classes that are listed where there are too many. */
const WORST_CLASSES = 10;

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/**
 * What was evaluated, in a line.
 *
 * @param times sign of multiplication
 */
export function evaluationTitle(
  { facts }: Pick<ViewScores, "facts">,
  { videos, views }: Pick<ScoreSummary, "videos" | "views">,
  times = "×",
): string {
  const { task, list, weights, checkpoint, control } = facts;
  const [segments, crops] = [views.segments.length, views.crops.length];
  const grid = `${count(segments, "segment")} ${times} ${count(crops, "crop")}`;
  return `${task}, ${weights} weights (step ${checkpoint.step}), ${list}: ` +
    `${count(videos, "video")}, ${count(segments * crops, "view")} each (${grid})` +
    (control ? `, control: ${control}` : "");
}

function listedClasses(perClass: readonly ClassAccuracy[]): readonly ClassAccuracy[] {
  const present = perClass.filter(({ videos }) => videos > 0);
  if (present.length <= ALL_CLASSES) return present;
  const share = ({ right, videos }: ClassAccuracy) => right / videos;
  return present.toSorted((a, b) => share(a) - share(b)).slice(0, WORST_CLASSES);
}

function classTable(perClass: readonly ClassAccuracy[]): string {
  const listed = listedClasses(perClass);
  const worst = listed.length === WORST_CLASSES && perClass.length > ALL_CLASSES;
  const title = worst ? `worst ${WORST_CLASSES} classes` : "class";
  const rows = listed.map(({ name, videos, right }) => [
    name,
    String(videos),
    formatPercent(right / videos),
  ]);
  return textTable([[title, "videos", "right"], ...rows], ["left", "right", "right"]);
}

/** Labels or numbers with their figures, the best ones first. */
function targetTable({ figures, perName }: TargetSummary): string {
  const name = "r2" in figures ? "r2" : "meanAveragePrecision";
  const rows = perName.toSorted((a, b) => b.value - a.value).slice(0, ALL_CLASSES)
    .map((one) => [one.name, formatMetric(name, one.value)]);
  const title = name === "r2" ? ["number", "R²"] : ["label", "average precision"];
  return textTable([title, ...rows], ["left", "right"]);
}

function failures(title: string, videos: readonly VideoFailure[]): string[] {
  if (videos.length === 0) return [];
  return ["", title, ...videos.map(({ row, path, error }) => `  row ${row}  ${path}: ${error}`)];
}

/** The accuracies of an evaluation with their names. */
export function shownFigures(
  { facts }: Pick<ViewScores, "facts">,
  summary: ScoreSummary | TargetSummary,
): [label: string, value: string][] {
  return evaluationMetrics({ ...facts, ...summary })
    .filter(({ name }) => metricKind(name).better !== null)
    .map(({ name, value }) => [metricKind(name).label, formatMetric(name, value)]);
}

/** What scores come to, for people: accuracies, classes and failures. */
export function summaryText(
  scores: Pick<ViewScores, "facts">,
  summary: ScoreSummary | TargetSummary,
): string {
  const { unreadable, partial, videos } = summary;
  const isOfTargets = "figures" in summary;
  const fate = isOfTargets ? "left out" : "counted as missed";
  const figures = shownFigures(scores, summary);
  if (unreadable.length > 0) {
    const all = isOfTargets ? videos + unreadable.length : videos;
    figures.push(["unreadable", `${unreadable.length} of ${all}, ${fate}`]);
  }
  return [
    evaluationTitle(scores, summary),
    "",
    textTable(figures).replaceAll(/^/gm, "  "),
    "",
    (isOfTargets ? targetTable(summary) : classTable(summary.perClass)).replaceAll(/^/gm, "  "),
    ...failures(`Videos that cannot be read, ${fate}:`, unreadable),
    ...failures("Videos that are classified by fewer views, since others cannot be read:", partial),
  ].join("\n");
}
