import type { ClassAccuracy, ScoreSummary, VideoFailure, ViewScores } from "@videoms/models";

/** Up to so many classes all are listed; of more only the worst. */
const ALL_CLASSES = 20;

/** Classes that are listed where there are too many. */
const WORST_CLASSES = 10;

export function percent(share: number): string {
  return Number.isNaN(share) ? "-" : `${(100 * share).toFixed(2)} %`;
}

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
  const { task, list, weights, checkpoint } = facts;
  const [segments, crops] = [views.segments.length, views.crops.length];
  const grid = `${count(segments, "segment")} ${times} ${count(crops, "crop")}`;
  return `${task}, ${weights} weights (step ${checkpoint.step}), ${list}: ` +
    `${count(videos, "video")}, ${count(segments * crops, "view")} each (${grid})`;
}

/** The classes to list, worst first where there are too many for all. */
function listedClasses(perClass: readonly ClassAccuracy[]): readonly ClassAccuracy[] {
  const present = perClass.filter(({ videos }) => videos > 0);
  if (present.length <= ALL_CLASSES) return present;
  const share = ({ right, videos }: ClassAccuracy) => right / videos;
  return present.toSorted((a, b) => share(a) - share(b)).slice(0, WORST_CLASSES);
}

function classTable(perClass: readonly ClassAccuracy[]): string[] {
  const listed = listedClasses(perClass);
  const worst = listed.length === WORST_CLASSES && perClass.length > ALL_CLASSES;
  const title = worst ? `worst ${WORST_CLASSES} classes` : "class";
  const width = listed.reduce((most, { name }) => Math.max(most, name.length), title.length);
  return [
    `  ${title.padEnd(width)}  videos     right`,
    ...listed.map(({ name, videos, right }) =>
      `  ${name.padEnd(width)}  ${String(videos).padStart(6)}  ${
        percent(right / videos).padStart(8)
      }`
    ),
  ];
}

function failures(title: string, videos: readonly VideoFailure[]): string[] {
  if (videos.length === 0) return [];
  return ["", title, ...videos.map(({ row, path, error }) => `  row ${row}  ${path}: ${error}`)];
}

/** What scores come to, for people: accuracies, classes and failures. */
export function summaryText(scores: Pick<ViewScores, "facts">, summary: ScoreSummary): string {
  const { top1, topK, k, meanClass, unreadable, partial, videos } = summary;
  const figures: [string, string][] = [
    ["top-1", percent(top1)],
    [`top-${k}`, percent(topK)],
    ["mean class", percent(meanClass)],
  ];
  if (unreadable.length > 0) {
    figures.push(["unreadable", `${unreadable.length} of ${videos}, counted as missed`]);
  }
  return [
    evaluationTitle(scores, summary),
    "",
    ...figures.map(([name, text]) => `  ${name.padEnd(12)}${text}`),
    "",
    ...classTable(summary.perClass),
    ...failures("Videos that cannot be read, counted as missed:", unreadable),
    ...failures("Videos that are classified by fewer views, since others cannot be read:", partial),
  ].join("\n");
}
