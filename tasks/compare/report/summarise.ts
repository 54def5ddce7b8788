import {
  estimate,
  pairedBootstrap,
  pairedDifference,
  randomStream,
  type SeedValue,
} from "@videoms/core";
import { type Figure, sourceId, sourceLabel } from "@videoms/data";
import type { Member, ReportData, Variant } from "./report_data.ts";

/** What a training cost, in the order of the columns. */
export const COSTS = ["multiplyAccumulates", "seconds", "peakBytes", "clips"] as const;

/** A line of the table of results. */
export type SummaryRow = ReturnType<typeof summarise>[number];

/** A figure of every seed that has it. */
function seedValues({ members }: Variant, name: string, source: string): SeedValue[] {
  return members.flatMap(({ seed, fold, figures }) =>
    figures.filter((one) =>
      one.name === name && sourceId(one) === source && Number.isFinite(one.value)
    ).map(({ value }) => ({ seed: fold === undefined ? seed : `${seed}/${fold}`, value }))
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

/** What is right, by seed: the videos of all folds of it, one after the other. */
function rightBySeed({ members }: Variant, source: string): Map<number, string> {
  const bySeed = Map.groupBy(members, ({ seed }) => seed);
  return new Map([...bySeed].flatMap(([seed, folds]) => {
    const parts = folds.toSorted((a, b) => (a.fold ?? 0) - (b.fold ?? 0))
      .map(({ right }) => right.get(source));
    return parts.every((part) => part !== undefined) ? [[seed, parts.join("")] as const] : [];
  }));
}

/**
 * The mean difference of what is right over videos, each the mean over the seeds that both variants have, and its
 * interval; null where they have no evaluation of the same number of videos.
 */
function videoDifference(variant: Variant, base: Variant, source: string) {
  const others = rightBySeed(base, source);
  const pairs = [...rightBySeed(variant, source)].flatMap(([seed, own]) => {
    const other = others.get(seed);
    return other?.length === own.length ? [[own, other]] : [];
  });
  if (pairs.length === 0) return null;
  const differences = Array.from(
    pairs[0][0],
    (_, row) => estimate(pairs.map(([own, other]) => Number(own[row]) - Number(other[row]))).mean,
  );
  return pairedBootstrap(differences, randomStream(0, "bootstrap"));
}

/** The table of results: means, intervals, differences to the baseline and costs. A pure function. */
export function summarise({ variants, measure, baseline }: ReportData) {
  const valuesOf = (variant?: Variant) =>
    variant && measure ? seedValues(variant, measure.name, measure.source) : [];
  return variants.map((variant) => {
    const { title, at, members } = variant;
    const base = variants.find((one) =>
      one.at === at && [baseline, `${baseline} at ${at}`].includes(one.title)
    );
    const isBaseline = variant === base;
    const values = valuesOf(variant);
    return {
      title,
      at,
      /** Trainings of the variant, those without figures too. */
      seeds: members.length,
      isBaseline,
      /** Title of the variant that it is compared with, if there is one. */
      baseline: base?.title,
      /** The figure that variants are compared by; null if no seed has it. */
      measure: estimateOf(values),
      /** Against the baseline, over the seeds that both have; null where there is nothing to compare. */
      difference: isBaseline ? null : pairedDifference(values, valuesOf(base)),
      /** The same over videos, where variants are compared by the top-1 of evaluations. */
      videoDifference: base && !isBaseline && measure?.name === "top1"
        ? videoDifference(variant, base, measure.source)
        : null,
      cost: meanCosts(members),
    };
  });
}

/** The most telling ones first. */
const EVENTS = ["evaluation", "control", "validation", "step"];

const placeOf = ({ event }: Pick<Figure, "event">) => EVENTS.indexOf(event.split(":")[0]);

/** All figures of a variant, a row for each place that they come from: a validation, an evaluation, a head of a probe. */
export function sourceRows(variant: Variant) {
  const all = variant.members.flatMap(({ figures }) => figures)
    .toSorted((a, b) => placeOf(a) - placeOf(b));
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

/** Top-1 of evaluations, true and with controls, of those that have a control; by what they are of. */
export function controlRows(variant: Variant) {
  const all = variant.members.flatMap(({ figures }) => figures)
    .filter(({ event, name }) => name === "top1" && placeOf({ event }) < 2);
  const groups = Map.groupBy(all, (one) => sourceLabel({ ...one, event: "evaluation" }));
  return [...groups].map(([source, group]) => ({
    title: variant.title,
    source,
    /** By event. */
    figures: new Map(
      [...Map.groupBy(group, ({ event }) => event)]
        .map(([event, ones]) => [event, estimate(ones.map(({ value }) => value))]),
    ),
  })).filter(({ figures }) => [...figures.keys()].some((event) => event !== "evaluation"));
}
