import { formatDuration, formatNumber, formatPercent } from "../text/format.ts";

/** How values of a unit are shown. */
export interface Unit {
  /** Written behind a value and on axes; empty for a bare number. */
  readonly symbol: string;
  /** What a value is multiplied by on an axis. */
  readonly scale: number;
  /** A value as it stands in a table, its symbol included. */
  format(value: number): string;
}

const SCALAR: Unit = { symbol: "", scale: 1, format: (value) => value.toFixed(4) };
const RATE: Unit = { symbol: "", scale: 1, format: formatNumber };
const COUNT: Unit = { symbol: "", scale: 1, format: (value) => String(Math.round(value)) };
const SHARE: Unit = { symbol: "%", scale: 100, format: formatPercent };
const SECONDS: Unit = { symbol: "s", scale: 1, format: formatDuration };
const MILLISECONDS: Unit = {
  symbol: "ms",
  scale: 1,
  format: (value) => `${formatNumber(value)} ms`,
};
const MEMORY: Unit = {
  symbol: "MiB",
  scale: 2 ** -20,
  format: (value) => `${Math.round(value / 2 ** 20)} MiB`,
};

const PREFIXES = ["", "k", "M", "G", "T", "P"];

const OPERATIONS: Unit = {
  symbol: "",
  scale: 1,
  format(value) {
    const power = Math.floor(Math.log10(Math.max(value, 1)) / 3);
    const known = Math.min(PREFIXES.length - 1, power);
    return `${formatNumber(value / 1000 ** known)} ${PREFIXES[known]}`.trim();
  },
};

/** What is known of a number by its name. */
export interface MetricKind {
  /** Its name for people: "top-1". */
  readonly label: string;
  readonly better: "higher" | "lower" | null;
  readonly unit: Unit;
}

function kind(
  label: string,
  unit: Unit = SCALAR,
  better: MetricKind["better"] = null,
): MetricKind {
  return { label, unit, better };
}

/** All numbers that runs log and reports show, in the order in which tables show them. */
const METRICS: Readonly<Record<string, MetricKind>> = {
  top1: kind("top-1", SHARE, "higher"),
  topK: kind("top-k", SHARE, "higher"),
  meanClass: kind("mean class accuracy", SHARE, "higher"),
  accuracy: kind("accuracy", SHARE, "higher"),
  meanAveragePrecision: kind("mAP", SHARE, "higher"),
  r2: kind("R²", SCALAR, "higher"),
  meanAbsoluteError: kind("mean absolute error", RATE, "lower"),
  calibrationError: kind("calibration error", SHARE, "lower"),
  loss: kind("loss", SCALAR, "lower"),
  share: kind("share of the clips", SHARE),
  lastLoss: kind("loss of the last step", SCALAR, "lower"),
  videos: kind("videos", COUNT),
  featureRank: kind("feature rank", RATE),
  targetRank: kind("target rank", RATE),
  targetStd: kind("target std", RATE),
  flatTargets: kind("flat targets", SHARE),
  maskDrift: kind("mask drift", SHARE),
  learningRate: kind("learning rate", RATE),
  weightDecay: kind("weight decay", RATE),
  emaDecay: kind("EMA decay"),
  gradientNorm: kind("gradient norm", RATE),
  lossScale: kind("loss scale", RATE),
  overflows: kind("overflows", COUNT),
  clipsPerSecond: kind("clips per second", RATE, "higher"),
  waitShare: kind("share of the time spent waiting for clips", SHARE, "lower"),
  communicationShare: kind("share of the time that gradients took to exchange", SHARE, "lower"),
  blockedShare: kind("share of the time that the exchange held up training", SHARE, "lower"),
  rankWaitShare: kind("share of the time spent waiting for other ranks", SHARE, "lower"),
  loaderLagMs: kind("loader lag", MILLISECONDS, "lower"),
  replacedClips: kind("replaced clips", COUNT, "lower"),
  residentBytes: kind("resident memory", MEMORY, "lower"),
  liveTensors: kind("live tensors", COUNT),
  tokens: kind("kept tokens", COUNT),
  allTokens: kind("all tokens", COUNT),
  msPerClip: kind("time per clip", MILLISECONDS, "lower"),
  msPerClipWithAll: kind("time per clip with all tokens", MILLISECONDS, "lower"),
  multiplyAccumulates: kind("multiply-accumulates", OPERATIONS, "lower"),
  seconds: kind("time", SECONDS, "lower"),
  peakBytes: kind("peak memory", MEMORY, "lower"),
  clips: kind("clips", COUNT),
};

const ORDER = Object.keys(METRICS);

/** The name of the share of videos whose class is among the k most probable: "top5". */
export function topName(k: number): string {
  return `top${k}`;
}

/** k of a name that {@linkcode topName} gives; null for any other. */
export function topOf(name: string): number | null {
  const digits = /^top(\d+)$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Label, unit and direction of a number; one of an unknown name is a bare number. */
export function metricKind(name: string): MetricKind {
  const k = topOf(name);
  if (k !== null) return { ...METRICS.topK, label: `top-${k}` };
  const [, of, set] = /^(loss|share)\/(.+)$/.exec(name) ?? [];
  if (set) return { ...METRICS[of], label: `${METRICS[of].label} of ${set}` };
  return Object.hasOwn(METRICS, name) ? METRICS[name] : kind(name);
}

/** Whether a number is the loss of a set of a mix of data sets. */
export function isSetLoss(name: string): boolean {
  return name.startsWith("loss/");
}

/** Compares two names by their places in tables; unknown ones come last. */
export function compareMetrics(a: string, b: string): number {
  const place = (name: string) => {
    const k = topOf(name);
    const at = ORDER.indexOf(k === null || k === 1 ? name.split("/")[0] : "topK");
    return at < 0 ? ORDER.length : at;
  };
  return place(a) - place(b);
}

/** A value with its unit: "77.50 %", "1.0954", "2:05". */
export function formatMetric(name: string, value: number): string {
  return Number.isFinite(value) ? metricKind(name).unit.format(value) : String(value);
}
