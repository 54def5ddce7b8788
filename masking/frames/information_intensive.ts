import {
  definePlugin,
  type Distance,
  DISTANCES,
  FIRST_TUBELETS,
  type FirstTubelet,
  type Plugin,
} from "@videoms/core/plain";
import { checkRatio } from "../strategy/counts.ts";
import {
  checkFrameRequest,
  type FrameRequest,
  type FrameSelector,
  windowStart,
} from "./frame_selector.ts";

/** The clip's own window at a finer stride, or a longer one at the same stride. */
export type CandidateWindow = "same" | "longer";

export const CANDIDATE_WINDOWS: readonly CandidateWindow[] = ["same", "longer"];

/** Options of {@linkcode informationIntensive}. */
export interface InformationIntensiveOptions {
  /** Candidate tubelets per kept tubelet, at least 1. @default 1.5 */
  alpha: number;
  /** Share of the candidates' tokens that is ignored: those that move least. @default 0.7 */
  motionRatio: number;
  /** Distance between a position's embeddings in successive tubelets. @default "l2" */
  distance: Distance;
  /** Importance of the first tubelet, which has no predecessor. @default "copy" */
  first: FirstTubelet;
  /** `same`: the clip's own window at a finer stride; `longer`: the same stride. @default "same" */
  window: CandidateWindow;
}

type Options = Readonly<InformationIntensiveOptions>;

/** Frames of ⌈t · alpha⌉ tubelets. */
function countCandidates(
  { alpha }: Options,
  { frames, tubeletSize }: { frames: number; tubeletSize: number },
): number {
  // Without the tolerance 10 · 1.1 = 11.000000000000002 would round up to 12.
  const tubelets = Math.ceil(frames / tubeletSize * alpha - 1e-9);
  if (tubelets < 2) {
    throw new RangeError(
      `Cannot run frames "information-intensive": alpha must give at least 2 candidate tubelets, ` +
        `got ${alpha}, which gives ${tubelets} for ${frames} frames`,
    );
  }
  return tubelets * tubeletSize;
}

/** Candidates evenly spaced over the window, or over the whole video if it is shorter. */
function candidateFrames(options: Options, request: FrameRequest): Int32Array {
  checkFrameRequest(request);
  const candidates = countCandidates(options, request);
  const { videoFrames, frames, samplingRate } = request;
  const wanted = (options.window === "same" ? frames : candidates) * samplingRate;
  const span = Math.min(wanted, videoFrames);
  const start = windowStart(request, span);
  return Int32Array.from(
    { length: candidates },
    (_, i) => start + Math.floor(i * span / candidates),
  );
}

/**
 * Information-intensive frame selection: decode more tubelets than needed, count the most important tokens in
 * each, and draw tubelets without replacement in proportion to the counts. At test time those with the
 * largest counts are kept.
 *
 * Source: EVEREST (ICML 2024), which describes it without code. The window and the test-time rule are this
 * project's interpretation.
 *
 * @throws {RangeError} if `alpha` is below 1 or `motionRatio` is not in (0, 1)
 * @example
 * ```ts
 * import { informationIntensive } from "@videoms/masking";
 *
 * const selector = informationIntensive.create(informationIntensive.defaults);
 * console.assert(selector.candidateFrames({ frames: 16, tubeletSize: 2 }) === 24);
 * ```
 */
export const informationIntensive: Plugin<
  "frames",
  InformationIntensiveOptions,
  FrameSelector
> = definePlugin<"frames", InformationIntensiveOptions, FrameSelector>({
  kind: "frames",
  name: "information-intensive",
  summary: "decodes extra frames and keeps tubelets in proportion to their motion",
  defaults: { alpha: 1.5, motionRatio: 0.7, distance: "l2", first: "copy", window: "same" },
  choices: { distance: DISTANCES, first: FIRST_TUBELETS, window: CANDIDATE_WINDOWS },
  help: {
    alpha: "candidate tubelets per kept tubelet, at least 1",
    motionRatio: "share of the candidates' tokens that is ignored, in (0, 1)",
    distance: "distance between successive embeddings: l2, l1 or cosine",
    first:
      "importance of the first tubelet: copy (of the second tubelet's), zero, or max (of the position over time)",
    window: "same: the clip's window at a finer stride; longer: the same stride",
  },
  create: (options): FrameSelector => {
    checkRatio('frames "information-intensive"', "motionRatio", options.motionRatio);
    if (!(options.alpha >= 1)) {
      throw new RangeError(
        `Cannot build frames "information-intensive": alpha must be at least 1, ` +
          `got ${options.alpha}`,
      );
    }
    return {
      name: "information-intensive",
      candidateFrames: (clip) => countCandidates(options, clip),
      frames: (request) => candidateFrames(options, request),
      // Loaded when there are tensors to choose by: a thread that decodes goes without tfjs.
      narrow: async (input) =>
        (await import("./narrow_tubelets.ts")).narrowTubelets(options, input),
    };
  },
});
