import {
  definePlugin,
  type Distance,
  DISTANCES,
  FIRST_TUBELETS,
  type FirstTubelet,
  type Plugin,
} from "@videoms/core";
import { informativeTokens } from "../importance/informative_tokens.ts";
import { requireTokens, tokenImportance } from "../importance/token_importance.ts";
import { checkRatio, countKept } from "../strategy/counts.ts";
import { checkStreams } from "../strategy/index_tensor.ts";
import { drawTubelets, largestTubelets } from "./draw_tubelets.ts";
import {
  checkFrameRequest,
  type FrameRequest,
  type FrameSelector,
  type NarrowInput,
  windowStart,
} from "./frame_selector.ts";

/** Windows that candidates can be taken from. */
export const CANDIDATE_WINDOWS = ["same", "longer"] as const;

/** The clip's own window at a finer stride, or a longer one at the same stride. */
export type CandidateWindow = typeof CANDIDATE_WINDOWS[number];

/** Options of {@linkcode informationIntensive}. */
export interface InformationIntensiveOptions {
  /** Candidate tubelets per tubelet wanted, at least 1. @default 1.5 */
  alpha: number;
  /** Share of the candidates' tokens that does not count. @default 0.7 */
  motionRatio: number;
  /** How far apart two successive embeddings of a place are. @default "l2" */
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
      `Cannot choose frames by information: alpha must give at least 2 candidate tubelets, ` +
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

/** The tubelets to keep, by how many of the most important tokens lie in each. */
async function narrowTubelets(
  { motionRatio, distance, first }: Options,
  { embeddings, grid, tubelets, phase, random }: NarrowInput,
): Promise<Int32Array[]> {
  if (tubelets > grid.tubelets) {
    throw new RangeError(
      `Cannot choose frames by information: there must be at least ${tubelets} candidate ` +
        `tubelets, got ${grid.tubelets}`,
    );
  }
  if (phase === "train") checkStreams(random, embeddings.shape[0]);
  const count = countKept(motionRatio, grid.tokens);
  if (count < 1) {
    throw new RangeError(
      `Cannot choose frames by information: motionRatio must leave a token, ` +
        `got ${motionRatio}, which leaves ${count} of ${grid.tokens}`,
    );
  }
  const tokens = requireTokens("embeddings", embeddings, grid, embeddings.shape[0]);
  const importance = tokenImportance(tokens, grid, { distance, first });
  try {
    const informative = await informativeTokens(importance, count);
    return informative.map((row, b) => {
      const counts = new Int32Array(grid.tubelets);
      for (const n of row) counts[Math.floor(n / grid.perTubelet)]++;
      return phase === "train"
        ? drawTubelets(counts, tubelets, random[b])
        : largestTubelets(counts, tubelets);
    });
  } finally {
    importance.dispose();
  }
}

/**
 * Information-intensive frame selection: decode more tubelets than wanted, count how many of the most
 * important tokens lie in each, and draw the wanted ones without replacement in proportion to their
 * counts. Tests take those of the largest counts.
 *
 * Source: EVEREST (ICML 2024), which describes it; its released code does not contain it. The window
 * and the test rule are this project's reading.
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
  summary: "decodes more frames than wanted and draws the tubelets with the most motion",
  defaults: { alpha: 1.5, motionRatio: 0.7, distance: "l2", first: "copy", window: "same" },
  choices: { distance: DISTANCES, first: FIRST_TUBELETS, window: CANDIDATE_WINDOWS },
  help: {
    alpha: "candidate tubelets per tubelet wanted, at least 1",
    motionRatio: "share of the candidates' tokens that does not count, in (0, 1)",
    distance: "distance of successive embeddings: l2, l1 or cosine",
    first: "importance of the first tubelet: copy of the second's, zero, or the place's max",
    window: "same: the clip's window at a finer stride; longer: the same stride",
  },
  create: (options): FrameSelector => {
    checkRatio('frames "information-intensive"', "motionRatio", options.motionRatio);
    if (!(options.alpha >= 1)) {
      throw new RangeError(
        `Cannot set up frames "information-intensive": alpha must be at least 1, ` +
          `got ${options.alpha}`,
      );
    }
    return {
      name: "information-intensive",
      candidateFrames: (clip) => countCandidates(options, clip),
      frames: (request) => candidateFrames(options, request),
      narrow: (input) => narrowTubelets(options, input),
    };
  },
});
