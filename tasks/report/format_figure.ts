import { formatDuration, formatNumber } from "../output/progress/format.ts";
import type { ReportCost } from "./report_data.ts";
import type { Estimate } from "./statistics.ts";

/** Names of figures for people. */
const NAMES: Readonly<Record<string, string>> = {
  top1: "top-1",
  top5: "top-5",
  heldOutLoss: "loss on held-out clips",
  trainLoss: "training loss",
};

/** The name of a figure for people. */
export function nameOfFigure(name: string): string {
  return NAMES[name] ?? name;
}

/** A figure: accuracies, shares on the disk, in per cent. */
export function formatFigure(name: string, value: number): string {
  return name.startsWith("top") ? `${(100 * value).toFixed(1)} %` : value.toFixed(4);
}

/** A mean with its interval: "1.0954 ± 0.0123"; without one for a single seed. */
export function formatEstimate(name: string, estimate: Estimate | null, signed = false): string {
  if (!estimate) return "–";
  const { mean, halfWidth } = estimate;
  const sign = signed && mean >= 0 ? "+" : "";
  const unit = name.startsWith("top") ? " %" : "";
  const bare = (value: number) => formatFigure(name, value).replace(" %", "");
  const interval = halfWidth === null ? "" : ` ± ${bare(halfWidth)}`;
  return (sign + bare(mean) + interval + unit).replace(/^-/, "−");
}

/** A cost with its unit: "1.23 T", "2:05", "331 MiB", "192". */
export function formatCost(name: keyof ReportCost, value: number | null): string {
  if (value === null) return "–";
  if (name === "seconds") return formatDuration(value);
  if (name === "peakBytes") return `${Math.round(value / 2 ** 20)} MiB`;
  if (name === "clips") return String(Math.round(value));
  const power = Math.min(5, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  return `${formatNumber(value / 1000 ** power)} ${["", "k", "M", "G", "T", "P"][power]}`.trim();
}
