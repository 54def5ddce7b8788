import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  type Plugin,
  type PluginOptions,
  randomStream,
  valuesPerToken,
} from "@videoms/core";
import {
  backendsHere,
  type ConformanceCheck,
  descriptorChecks,
  onBackend,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";
import type { Objective, ObjectiveTargets } from "../objective/objective.ts";

/** Options of {@linkcode objectiveChecks}. */
export interface ObjectiveCheckOptions<Options extends PluginOptions>
  extends PluginCheckOptions<Options> {
  /** Clips that the objective supports. @default 4 frames of 8 × 8 pixels, tubelets of 2, patches of 4 */
  geometry?: ClipGeometry;
}

const GEOMETRY: ClipGeometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };

const WIDTH = 12;
const BATCH = 2;
const TARGETS = 3;

/** Loss and gradient, on the host. */
interface Loss {
  loss: number;
  gradient: number[];
}

function normal(seed: number, width: number): tf.Tensor3D {
  const random = randomStream(seed, "objective");
  const size = BATCH * TARGETS * width;
  const values = Float32Array.from({ length: size }, () => random.normal());
  return tf.tensor3d(values, [BATCH, TARGETS, width]);
}

function targetsOf(objective: Objective, geometry: ClipGeometry): ObjectiveTargets {
  return {
    geometry,
    patches: normal(1, valuesPerToken(geometry)),
    features: objective.needsFeatures ? normal(2, WIDTH) : undefined,
  };
}

function dispose({ patches, features }: ObjectiveTargets): void {
  tf.dispose([patches, features ?? []]);
}

/** The loss at a prediction shifted by `step` along `along`. */
async function lossAt(
  objective: Objective,
  geometry: ClipGeometry,
  along: readonly number[] = [],
  step = 0,
): Promise<Loss> {
  const targets = targetsOf(objective, geometry);
  const start = normal(3, objective.values(geometry, WIDTH));
  const values = (await start.data() as Float32Array).map((value, i) =>
    value + step * (along[i] ?? 0)
  );
  const prediction = tf.tensor3d(values, start.shape);
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
    objective.loss(x as tf.Tensor3D, targets)
  )(prediction);
  requireThat(value.rank === 0, "the loss must be a single number", value.shape);
  const result = { loss: (await value.data())[0], gradient: [...await grad.data()] };
  tf.dispose([start, prediction, value, grad]);
  dispose(targets);
  return result;
}

/** A step along the gradient must change the loss accordingly. */
async function checkGradient(objective: Objective, geometry: ClipGeometry): Promise<void> {
  const { loss, gradient } = await lossAt(objective, geometry);
  requireThat(Number.isFinite(loss) && loss >= 0, "the loss must be finite and not negative", loss);
  const squares = gradient.reduce((sum, value) => sum + value * value, 0);
  requireThat(squares > 0, "the gradient must reach the prediction", squares);
  const step = 1e-2 / Math.sqrt(squares);
  const up = await lossAt(objective, geometry, gradient, step);
  const down = await lossAt(objective, geometry, gradient, -step);
  const measured = (up.loss - down.loss) / (2 * step);
  requireThat(
    Math.abs(measured / squares - 1) < 0.02,
    `the gradient must be that of the loss, whose directional derivative must be ${squares}`,
    measured,
  );
}

async function checkDevices(objective: Objective, geometry: ClipGeometry): Promise<void> {
  const expected = await onBackend("cpu", () => lossAt(objective, geometry));
  for (const backend of await backendsHere()) {
    const found = await onBackend(backend, () => lossAt(objective, geometry));
    const error = Math.abs(found.loss / expected.loss - 1);
    requireThat(
      error < 1e-4,
      `the loss on ${backend} must be that on cpu, ${expected.loss}`,
      found.loss,
    );
  }
}

async function checkPicture(objective: Objective, geometry: ClipGeometry): Promise<void> {
  const { picture } = objective;
  if (!picture) return;
  const prediction = normal(4, objective.values(geometry, WIDTH));
  const targets = targetsOf(objective, geometry);
  const statistics = picture.needsStatistics ? targets.patches : null;
  const pixels = tf.tidy(() => picture.pixels(prediction, statistics, geometry));
  const frame = geometry.patchSize ** 2 * 3;
  const isWhole = pixels.shape[0] === BATCH && pixels.shape[1] === TARGETS &&
    pixels.shape[2] % frame === 0 && pixels.shape[2] > 0;
  const values = await pixels.data();
  requireThat(
    isWhole,
    `pixels must be whole frames of ${frame} values of each token`,
    pixels.shape,
  );
  requireThat(values.every(Number.isFinite), "pixels must be finite");
  tf.dispose([prediction, pixels]);
  dispose(targets);
}

/**
 * Checks that any objective must pass: a finite loss with the right gradient, the same on every device,
 * predictions that can be turned into pixels if announced, and a plain JSON descriptor.
 *
 * @example In a test file of a module that exports `myObjective`
 * ```ts
 * import { objectiveChecks } from "@videoms/models/testing";
 * import { latent as myObjective } from "@videoms/models";
 *
 * for (const { name, run } of objectiveChecks(myObjective)) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function objectiveChecks<Options extends PluginOptions>(
  plugin: Plugin<"objective", Options, Objective>,
  settings: ObjectiveCheckOptions<Options> = {},
): ConformanceCheck[] {
  const { geometry = GEOMETRY } = settings;
  const objective = (): Objective => productOf(plugin, settings);
  const title = `objective "${plugin.name}"`;
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `${title} predicts a whole number of values`,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async run() {
        const values = objective().values(geometry, WIDTH);
        requireThat(Number.isSafeInteger(values) && values > 0, "values must be a count", values);
      },
    },
    {
      name: `${title} has a loss with its own gradient`,
      run: () => onBackend("cpu", () => checkGradient(objective(), geometry)),
    },
    {
      name: `${title} has one loss on every device`,
      run: () => checkDevices(objective(), geometry),
    },
    {
      name: `${title} turns predictions into whole frames, if any`,
      run: () => onBackend("cpu", () => checkPicture(objective(), geometry)),
    },
  ];
}
