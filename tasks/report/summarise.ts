import type { Member, ReportCost, ReportData, Variant } from "./report_data.ts";
import { type Estimate, estimate, pairedDifference } from "./statistics.ts";

/** A line of the table of results. */
export interface SummaryRow {
  readonly title: string;
  readonly isBaseline: boolean;
  /** The figure that variants are compared by; null if no seed has it. */
  readonly measure: Estimate | null;
  /** Against the baseline, over the seeds that both have; null where there is nothing to compare. */
  readonly difference: Estimate | null;
  /** Means over seeds; null where no seed tells. */
  readonly cost: Readonly<Record<keyof ReportCost, number | null>>;
}

/** A figure of every seed that has it. */
export function seedValues(
  { members }: Variant,
  name: string,
): { seed: number; value: number }[] {
  return members.flatMap(({ seed, metrics }) =>
    Number.isFinite(metrics[name]) ? [{ seed, value: metrics[name] }] : []
  );
}

function meanCost(members: readonly Member[], name: keyof ReportCost): number | null {
  const values = members.map(({ cost }) => cost?.[name]).filter((value) =>
    typeof value === "number"
  );
  return values.length === 0 ? null : estimate(values).mean;
}

/** The table of results: means, intervals, differences to the baseline and costs. A pure function. */
export function summarise({ variants, measure, baseline }: ReportData): SummaryRow[] {
  const base = variants.find(({ title }) => title === baseline);
  const baseValues = base && measure ? seedValues(base, measure.name) : [];
  return variants.map((variant) => {
    const values = measure ? seedValues(variant, measure.name) : [];
    const isBaseline = variant === base;
    return {
      title: variant.title,
      isBaseline,
      measure: values.length > 0 ? estimate(values.map(({ value }) => value)) : null,
      difference: isBaseline ? null : pairedDifference(values, baseValues),
      cost: {
        multiplyAccumulates: meanCost(variant.members, "multiplyAccumulates"),
        seconds: meanCost(variant.members, "seconds"),
        peakBytes: meanCost(variant.members, "peakBytes"),
        clips: meanCost(variant.members, "clips"),
      },
    };
  });
}
