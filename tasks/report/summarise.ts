import { type Figure, sourceId, sourceLabel } from "../runs/log/figure.ts";
import type { Member, ReportData, Variant } from "./report_data.ts";
import { estimate, pairedDifference, type SeedValue } from "./statistics.ts";

/** What a training cost, in the order of the columns. */
export const COSTS = ["multiplyAccumulates", "seconds", "peakBytes", "clips"] as const;

/** A line of the table of results. */
export type SummaryRow = ReturnType<typeof summarise>[number];

/** A figure of every seed that has it. */
function seedValues({ members }: Variant, name: string, source: string): SeedValue[] {
  return members.flatMap(({ seed, figures }) =>
    figures.filter((one) =>
      one.name === name && sourceId(one) === source && Number.isFinite(one.value)
    ).map(({ value }) => ({ seed, value }))
  );
}

function estimateOf(values: readonly SeedValue[]) {
  return values.length === 0 ? null : estimate(values.map(({ value }) => value));
}

/** Mean costs of the members that have them. */
function meanCosts(members: readonly Member[]): Record<typeof COSTS[number], number | null> {
  const costs = COSTS.map((name) => {
    const values = members.flatMap(({ cost }) => cost?.[name] ?? []);
    return [name, values.length === 0 ? null : estimate(values).mean];
  });
  return Object.fromEntries(costs);
}

/** The table of results: means, intervals, differences to the baseline and costs. A pure function. */
export function summarise({ variants, measure, baseline }: ReportData) {
  const valuesOf = (variant?: Variant) =>
    variant && measure ? seedValues(variant, measure.name, measure.source) : [];
  const base = variants.find(({ title }) => title === baseline);
  return variants.map((variant) => {
    const { title, members } = variant;
    const isBaseline = variant === base;
    const values = valuesOf(variant);
    return {
      title,
      /** Trainings of the variant, those without figures too. */
      seeds: members.length,
      isBaseline,
      /** The figure that variants are compared by; null if no seed has it. */
      measure: estimateOf(values),
      /** Against the baseline, over the seeds that both have; null where there is nothing to compare. */
      difference: isBaseline ? null : pairedDifference(values, valuesOf(base)),
      cost: meanCosts(members),
    };
  });
}

/** The most telling ones first. */
const EVENTS = ["evaluation", "validation", "step"];

/** All figures of a variant, a row for each place that they come from: a validation, an evaluation, a head of a probe. */
export function sourceRows(variant: Variant) {
  const all = variant.members.flatMap(({ figures }) => figures)
    .toSorted((a, b) => EVENTS.indexOf(a.event) - EVENTS.indexOf(b.event));
  return [...Map.groupBy(all, sourceId)].map(([source, group]) => ({
    title: variant.title,
    source: sourceLabel(group[0]),
    figures: new Map(
      [...new Set(group.map(({ name }: Figure) => name))].flatMap((name) => {
        const found = estimateOf(seedValues(variant, name, source));
        return found ? [[name, found] as const] : [];
      }),
    ),
  }));
}
