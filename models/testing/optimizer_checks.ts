import * as tf from "@tensorflow/tfjs-core";
import {
  type Device,
  initialParameters,
  openDevice,
  openOptimizer,
  Parameters,
  type ParameterSpec,
  type Plugin,
  type PluginOptions,
  randomStream,
  type UpdateRule,
} from "@videoms/core";
import {
  type ConformanceCheck,
  descriptorChecks,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";

const SPECS: readonly ParameterSpec[] = [
  { name: "matrix", shape: [5, 3], initializer: { kind: "uniform", bound: 1 } },
  { name: "vector", shape: [4], initializer: { kind: "uniform", bound: 1 } },
];

/** Gradients of a step: of half the squared distance to 3, or drawn. */
function gradientsAt(
  values: ReadonlyMap<string, Float32Array>,
  step: number | null,
): Map<string, tf.Tensor> {
  return new Map(SPECS.map(({ name, shape }) => {
    const random = randomStream(1, name, step ?? 0);
    const gradient = values.get(name)!.map((value) => step === null ? value - 3 : random.normal());
    return [name, tf.tensor(gradient, [...shape])];
  }));
}

/** Values after steps; with `handOver` the optimiser is another from the middle on. */
async function valuesAfter(
  rule: UpdateRule,
  device: Device,
  { steps, learningRate, drawn, handOver = false }: {
    steps: number;
    learningRate: number;
    drawn: boolean;
    handOver?: boolean;
  },
): Promise<ReadonlyMap<string, Float32Array>> {
  const parameters = new Parameters(SPECS, initialParameters(SPECS, 0));
  let optimizer = openOptimizer(device, parameters, rule);
  for (let step = 0; step < steps; step++) {
    if (handOver && step === steps >> 1) {
      const next = openOptimizer(device, parameters, rule);
      for (const { name } of SPECS) next.writeMoments(name, await optimizer.readMoments(name));
      next.continueFrom(optimizer.steps);
      optimizer.dispose();
      optimizer = next;
    }
    const gradients = gradientsAt(await parameters.read(), drawn ? step : null);
    optimizer.step(gradients, { learningRate, weightDecay: drawn ? 0.1 : 0 });
    tf.dispose([...gradients.values()]);
  }
  const { failure } = await optimizer.status();
  requireThat(failure === null, "finite gradients must not fail", failure);
  const values = await parameters.read();
  optimizer.dispose();
  parameters.dispose();
  return values;
}

async function checkDescent(rule: UpdateRule, device: Device): Promise<void> {
  const start = initialParameters(SPECS, 0);
  const end = await valuesAfter(rule, device, { steps: 40, learningRate: 0.02, drawn: false });
  for (const [name, values] of end) {
    const before = start.get(name)!;
    const isNearer = values.every((value, i) => Math.abs(value - 3) < Math.abs(before[i] - 3));
    requireThat(isNearer, `steps must lead "${name}" to the minimum`, [...values]);
  }
}

async function checkResume(rule: UpdateRule, device: Device): Promise<void> {
  const settings = { steps: 6, learningRate: 0.05, drawn: true };
  const whole = await valuesAfter(rule, device, settings);
  const resumed = await valuesAfter(rule, device, { ...settings, handOver: true });
  const isSame = SPECS.every(({ name }) => whole.get(name)!.join() === resumed.get(name)!.join());
  requireThat(isSame, "moments that are read and written back must change nothing");
}

/**
 * Checks that any optimiser must pass: it finds the minimum of a parabola, goes on from moments that were saved as if it had
 * not stopped, and has a plain JSON descriptor.
 *
 * @example In a test file of a module that exports `myOptimizer`
 * ```ts
 * import { optimizerChecks } from "@videoms/models/testing";
 * import { sgd as myOptimizer } from "@videoms/models";
 *
 * for (const { name, run } of optimizerChecks(myOptimizer, { impossible: [{ momentum: 1 }] })) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function optimizerChecks<Options extends PluginOptions>(
  plugin: Plugin<"optimizer", Options, UpdateRule>,
  settings: PluginCheckOptions<Options> = {},
): ConformanceCheck[] {
  const title = `optimizer "${plugin.name}"`;
  const check = (run: (rule: UpdateRule, device: Device) => Promise<void>) => async () => {
    await using device = await openDevice({ backend: "cpu" });
    await run(productOf(plugin, settings), device);
  };
  return [
    ...descriptorChecks(plugin, settings),
    { name: `${title} finds a minimum`, run: check(checkDescent) },
    { name: `${title} goes on from saved moments`, run: check(checkResume) },
  ];
}
