import assert from "node:assert/strict";
import { AdamW, type Device, initialParameters, Parameters, randomStream } from "@videoms/core";
import { mixPlan, patchValues, pixelChange, VideoClassifier } from "@videoms/models";
import { classifierInput, disposeInput } from "@videoms/studio/classify";
import { testOnBackends, valuesOf } from "../../backends.ts";
import { registry, smallFinetune } from "../small_task.ts";
import { checkFinetuneTask } from "../../../tasks/runs/classifier/finetune_plugins.ts";
import { classifierGradients, type FinetuneContext } from "@videoms/studio/train";
import { classifierOf } from "../../../tasks/runs/network/model_options.ts";

const BATCH = 4;
const SIZE = 32;

const pixels = Uint8Array.from(
  { length: BATCH * 8 * SIZE * SIZE * 3 },
  (_, i) => (i * 7 + 3 * (i >> 6) + (i >> 11)) % 256,
);
const streams = Array.from({ length: BATCH }, (_, b) => randomStream(5, "clip", b));
const whole = new Array<null>(BATCH).fill(null);
const box = { top: 4, left: 6, height: 9, width: 11 };

/** Runs a test with a classifier of random weights. */
async function withClassifier(
  device: Device,
  test: (context: FinetuneContext) => Promise<void>,
): Promise<void> {
  const task = smallFinetune("unused");
  const model = new VideoClassifier(classifierOf(task, 10));
  const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
  const optimizer = new AdamW(device, parameters);
  const { selector, tokens } = checkFinetuneTask(task, registry);
  try {
    await test({
      selector,
      tokens,
      model,
      parameters,
      device,
      optimizer,
      smoothing: 0.1,
      mix: null,
    });
  } finally {
    optimizer.dispose();
    parameters.dispose();
    model.dispose();
  }
}

/** The largest difference of two lists of values. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

testOnBackends("tokens cut on the device are those cut on the host", async (device) => {
  await withClassifier(device, async (context) => {
    const clips = { pixels, batch: BATCH };
    const onHost = await classifierInput(context, clips, "train", streams, (values) => values);
    const onDevice = await classifierInput(context, clips, "train", streams);
    const [host, cut] = [await onHost.patches.data(), await onDevice.patches.data()];
    // The CPU engine has the host's table; the others round each operation to float32.
    const limit = device.backend === "wasm" ? 0 : 1e-6;
    assert.ok(difference(host, cut) <= limit, `${difference(host, cut)}`);
    assert.deepEqual(await onHost.kept.data(), await onDevice.kept.data());
    disposeInput(onHost);
    disposeInput(onDevice);
  });
});

testOnBackends("clips that a mixing leaves alone train as those without one", async (device) => {
  await withClassifier(device, async (context) => {
    const { imageSize } = context.model.options.geometry;
    const gradientsOf = async (mix: FinetuneContext["mix"]): Promise<Float32Array[]> => {
      const { loss, right, gradients } = await classifierGradients(
        { ...context, mix },
        { pixels, batch: BATCH, labels: Int32Array.of(1, 0, 7, 3), erase: whole },
        streams,
        mix && mixPlan(BATCH, mix, randomStream(5, "mixing")),
      );
      return await Promise.all([loss, right!, ...gradients.values()].map(valuesOf));
    };
    const plain = await gradientsOf(null);
    const unmixed = await gradientsOf({ imageSize, mixup: 0.8, cutmix: 1, probability: 0 });
    assert.deepEqual(unmixed, plain);
    const mixed = await gradientsOf({ imageSize, mixup: 0.8, cutmix: 1 });
    assert.notDeepEqual(mixed, plain);
  });
});

Deno.test("only clips that are erased or mixed are changed on the host", () => {
  const { model } = smallFinetune("unused");
  const { frames, tubeletSize, imageSize, patchSize } = model;
  const geometry = { frames, tubeletSize, imageSize, patchSize };
  const stream = randomStream(0, "mix");
  const never = mixPlan(BATCH, { imageSize, mixup: 1, probability: 0 }, stream);
  assert.equal(pixelChange(geometry, whole, streams), undefined);
  assert.equal(pixelChange(geometry, whole, streams, never), undefined);
  const values = patchValues(pixels, geometry);
  const changed = [
    pixelChange(geometry, [null, box, null, null], streams),
    pixelChange(geometry, [null, box, null, null], streams, never),
    pixelChange(geometry, whole, streams, mixPlan(BATCH, { imageSize, mixup: 1 }, stream)),
    pixelChange(geometry, whole, streams, mixPlan(BATCH, { imageSize, cutmix: 1 }, stream)),
  ].map((change) => change!(values.slice()));
  assert.deepEqual(changed[0], changed[1]);
  for (const one of changed) assert.notDeepEqual(one, values);
});
