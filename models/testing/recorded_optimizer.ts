import { decayMatrices, type ParameterRule, type ParameterSpec } from "@videoms/core";
import type { Comparison } from "@videoms/core/testing";
import { layerDecay } from "../classifier/layer_decay.ts";
import { type NetworkKind, pytorchName } from "../checkpoint/pytorch_layout.ts";
import { type GoldenCase, goldenTensor, metadataNumber } from "./golden_case.ts";

/**
 * A comma-separated pair of numbers of a case's metadata.
 *
 * @throws {RangeError} if it is malformed
 */
export function recordedNumbers({ name, metadata }: GoldenCase, key: string): [number, number] {
  const numbers = (metadata[key] ?? "").split(",").map(Number);
  if (numbers.length !== 2 || !numbers.every(Number.isFinite)) {
    throw new RangeError(
      `Cannot compare with ${name}: metadata "${key}" must be two numbers, got ${metadata[key]}`,
    );
  }
  return [numbers[0], numbers[1]];
}

/** An optimiser step of a case. */
export interface RecordedStep {
  /** From 0. */
  step: number;
  learningRate: number;
  weightDecay: number;
  clipGradient: number | null;
}

/** The optimiser steps of a case: recorded learning rate and weight decay, clipping from the metadata. */
export function recordedSteps(
  golden: GoldenCase,
): RecordedStep[] {
  const rates = goldenTensor(golden, "schedule.lr").values;
  const decays = goldenTensor(golden, "schedule.wd").values;
  const clip = metadataNumber(golden, "clip");
  return Array.from(rates, (learningRate, step) => ({
    step,
    learningRate,
    weightDecay: decays[step],
    clipGradient: clip > 0 ? clip : null,
  }));
}

/** The rule of each tensor for a case. */
export function recordedRule(golden: GoldenCase): (spec: ParameterSpec) => ParameterRule {
  return golden.metadata.layer_decay === undefined
    ? decayMatrices
    : layerDecay(metadataNumber(golden, "depth"), metadataNumber(golden, "layer_decay"));
}

/** Counts tensors whose weight decay or learning rate factor differs from the recorded parameter groups. */
export function checkGroups(
  golden: GoldenCase,
  specs: readonly ParameterSpec[],
  network: NetworkKind,
): Comparison[] {
  if (golden.metadata.groups === undefined) return [];
  const groups: { names: string[]; weight_decay: number; lr_scale: number }[] = JSON.parse(
    golden.metadata.groups,
  );
  const rule = recordedRule(golden);
  const wrong = specs.filter((spec) => {
    const group = groups.find(({ names }) => names.includes(pytorchName(spec.name, network)));
    const { decayScale, rateScale } = rule(spec);
    return group === undefined || decayScale !== (group.weight_decay > 0 ? 1 : 0) ||
      Math.abs(rateScale - group.lr_scale) > 1e-9;
  });
  return [{
    quantity: "parameter groups",
    error: wrong.length,
    tolerance: 0,
    unit: "tensors",
    worst: wrong[0]?.name,
  }];
}
