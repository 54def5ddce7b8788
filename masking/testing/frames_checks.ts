import * as tf from "@tensorflow/tfjs-core";
import { gridOf, type Plugin, type PluginOptions, randomStream } from "@videoms/core";
import {
  type ConformanceCheck,
  descriptorChecks,
  onBackend,
  type PluginCheckOptions,
  productOf,
  requireRefusal,
  requireThat,
} from "@videoms/core/testing";
import type {
  FramePhase,
  FrameRequest,
  FrameSelector,
  FrameView,
} from "../frames/frame_selector.ts";

/** Video lengths that a selector must handle; the first is a single frame. */
const LENGTHS = [1, 2, 7, 16, 63, 64, 65, 300];

const PHASES: readonly FramePhase[] = ["train", "test"];

/** The clip of training, of a test, and the last one of a test that takes several. */
const USES: readonly { phase: FramePhase; view?: FrameView }[] = [
  { phase: "train" },
  { phase: "test" },
  { phase: "test", view: { index: 2, count: 3 } },
];

/** A stream that fails when it is used. */
const NO_DRAWS = new Proxy({}, {
  get() {
    throw new Error("at test time frames must be chosen without randomness");
  },
}) as FrameRequest["random"];

const CLIPS = [
  { frames: 16, tubeletSize: 2 },
  { frames: 8, tubeletSize: 1 },
  { frames: 12, tubeletSize: 3 },
];

function requests(): FrameRequest[] {
  return CLIPS.flatMap((clip) =>
    LENGTHS.flatMap((videoFrames) =>
      [1, 4].flatMap((samplingRate) =>
        USES.map((use): FrameRequest => ({
          ...clip,
          ...use,
          videoFrames,
          samplingRate,
          random: randomStream(7, "frames", videoFrames),
        }))
      )
    )
  );
}

/** The request with a fresh stream: a used one would give other draws. */
function again(request: FrameRequest): FrameRequest {
  return { ...request, random: randomStream(7, "frames", request.videoFrames) };
}

function checkFrames(selector: FrameSelector, request: FrameRequest): void {
  const { videoFrames, frames, tubeletSize, phase } = request;
  const where = `of a video of ${videoFrames} for a clip of ${frames} in ${phase}`;
  const wanted = selector.candidateFrames({ frames, tubeletSize });
  requireThat(Number.isSafeInteger(wanted) && wanted >= 1, "candidates must be a count", wanted);
  requireThat(
    selector.narrow ? wanted >= frames : wanted === frames,
    "candidates must be the clip's frames, or more if some are dropped later",
    wanted,
  );
  const chosen = selector.frames(again(request));
  requireThat(chosen.length === wanted, `frames ${where} must be ${wanted}`, chosen.length);
  const at = chosen.findIndex((frame, i) => i > 0 && frame < chosen[i - 1]);
  requireThat(at === -1, `frames ${where} must ascend`, [...chosen]);
  const outside = chosen.find((frame) => frame < 0 || frame >= videoFrames);
  requireThat(outside === undefined, `frames ${where} must lie in the video`, outside);
  const other = selector.frames(again(request));
  requireThat(`${other}` === `${chosen}`, `frames ${where} must depend on the stream alone`);
  if (phase === "test") selector.frames({ ...request, random: NO_DRAWS });
}

async function checkNarrow(selector: FrameSelector): Promise<void> {
  const { narrow } = selector;
  if (!narrow) return;
  const tubelets = 4;
  const grid = gridOf(selector.candidateFrames({ frames: tubelets, tubeletSize: 1 }), 3, 5);
  for (const phase of PHASES) {
    const chosen = await onBackend("cpu", async () => {
      const random = randomStream(3, "embeddings");
      const values = Float32Array.from({ length: 2 * grid.tokens * 4 }, () => random.normal());
      const embeddings = tf.tensor3d(values, [2, grid.tokens, 4]);
      const streams = [1, 2].map((seed) => randomStream(seed, "narrow"));
      const kept = await narrow({ embeddings, grid, tubelets, phase, random: streams });
      embeddings.dispose();
      return kept.map((row) => [...row]);
    });
    requireThat(chosen.length === 2, "each clip must keep its own tubelets", chosen.length);
    for (const row of chosen) {
      const ascends = row.every((tubelet, i) => i === 0 || tubelet > row[i - 1]);
      requireThat(row.length === tubelets && ascends, `${tubelets} tubelets must be kept`, row);
      const isInside = row.every((tubelet) => tubelet >= 0 && tubelet < grid.tubelets);
      requireThat(isInside, "tubelets must be among the candidates", row);
    }
  }
}

/**
 * Checks that any frame selector must pass: the announced number of ascending frames inside videos of any
 * length, reproducible from the stream, and deterministic at test time.
 *
 * @example In a test file of a module that exports `myFrames`
 * ```ts
 * import { framesChecks } from "@videoms/masking/testing";
 * import { uniform as myFrames } from "@videoms/masking";
 *
 * for (const { name, run } of framesChecks(myFrames)) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function framesChecks<Options extends PluginOptions>(
  plugin: Plugin<"frames", Options, FrameSelector>,
  settings: PluginCheckOptions<Options> = {},
): ConformanceCheck[] {
  const selector = (): FrameSelector => productOf(plugin, settings);
  const title = `frames "${plugin.name}"`;
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `${title} selects ascending frames from videos of any length`,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async run() {
        for (const request of requests()) checkFrames(selector(), request);
      },
    },
    {
      name: `${title} rejects requests without frames`,
      async run() {
        const [request] = requests();
        for (const field of ["videoFrames", "frames", "samplingRate"] as const) {
          await requireRefusal(
            `${field} of 0`,
            () => selector().frames({ ...request, [field]: 0 }),
          );
        }
      },
    },
    { name: `${title} narrows candidates`, run: () => checkNarrow(selector()) },
  ];
}
