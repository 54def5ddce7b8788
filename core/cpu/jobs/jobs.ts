import type { Part } from "./parts.ts";
import { attention, attentionGradient } from "./attention_jobs.ts";
import type { Core } from "./core.ts";
import { geluLinearInput, linear, linearGelu, linearGradients, product } from "./dense_jobs.ts";
import { layerNorm, layerNormGradients } from "./norm_jobs.ts";
import { adamw, squares } from "./optimizer_jobs.ts";
import { patches, reconstruction } from "./patch_jobs.ts";
import { distances } from "./selection_jobs.ts";
import { columnSums, copyTokens, gatherRows, placeRows, scatterRows } from "./token_jobs.ts";
import { gelu, geluGradient, scaleSamples } from "./value_jobs.ts";

/**
 * The parallel jobs of the CPU engine. A job is called once per thread, for its part of the work; parts write
 * to disjoint memory and do not wait for each other. Results do not depend on the number of parts.
 *
 * Arguments are numbers: addresses on the heap, sizes, and scalars; 0 stands for a missing tensor.
 */
export const JOBS = {
  adamw,
  attention,
  attentionGradient,
  columnSums,
  copyTokens,
  distances,
  gatherRows,
  gelu,
  geluGradient,
  geluLinearInput,
  layerNorm,
  layerNormGradients,
  linear,
  linearGelu,
  linearGradients,
  patches,
  placeRows,
  product,
  reconstruction,
  scaleSamples,
  scatterRows,
  squares,
} as const satisfies Record<string, (core: Core, part: Part, ...values: never[]) => void>;

/** Name of a job. */
export type JobName = keyof typeof JOBS;

/** A job's arguments, besides the thread's core and part. */
export type JobArguments<Name extends JobName> = Parameters<(typeof JOBS)[Name]> extends
  [Core, Part, ...infer Values extends number[]] ? Values : never;
