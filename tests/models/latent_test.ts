import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  createRegistry,
  initialParameters,
  lossAndGradients,
  Parameters,
  pluginsOf,
  randomStream,
  tidy,
  valuesPerToken,
} from "@videoms/core";
import * as masking from "@videoms/masking";
import { type MaskingStrategy, multiBlock, several } from "@videoms/masking";
import { latent, MaskedAutoencoder, patchify } from "@videoms/models";
import { testOnBackends, valuesOf } from "../backends.ts";

const geometry = { frames: 8, tubeletSize: 2, imageSize: 32, patchSize: 8 };
const encoder = { width: 24, depth: 2, heads: 2 };
const decoder = { width: 12, depth: 1, heads: 2 };

/** Parts of the network by the beginnings of their tensors' names; all of it has the empty one. */
const PARTS = [
  "",
  "encoder.patchEmbedding",
  "encoder.blocks.0",
  "encoder.norm",
  "bridge",
  "maskToken",
  "decoder",
  "decoder.head",
];

testOnBackends(
  "gradients of the whole latent objective are finite differences of its loss",
  async () => {
    const model = new MaskedAutoencoder({ geometry, encoder, decoder, predicted: encoder.width });
    const initial = initialParameters(model.specs, 0);
    const parameters = new Parameters(model.specs, initial);
    const teacher = new Parameters(model.specs, initial); // as at the beginning of a run
    // Short and long blocks, as V-JEPA masks each clip twice.
    const masks = [multiBlock({ area: 0.15 }), multiBlock({ area: 0.7, maskRatio: 0.9 })];
    const registry = createRegistry(pluginsOf(masking));
    const strategy = registry.create<MaskingStrategy>(several({ masks }));
    const { grid } = model;
    const random = [0, 1].map((clip) => randomStream(0, "mask", clip));
    const selections = await Promise.all(
      [strategy, ...strategy.more!].map((one) => one.select({ grid, batch: 2, random })),
    );
    assert.equal(selections.length, 2);
    const noise = randomStream(0, "pixels");
    const size = 2 * grid.tokens * valuesPerToken(geometry);
    const patches = patchify(Uint8Array.from({ length: size }, () => noise.integer(256)), geometry);
    const features = tidy(() => model.encodeAll(teacher, patches));
    for (const distance of ["l1", "l2"] as const) {
      const objective = latent.create({ distance });
      const loss = () => model.meanLoss(parameters, patches, selections, objective, { features });
      const found = lossAndGradients(parameters, loss);
      const gradients = new Map<string, Float32Array>();
      for (const [name, gradient] of found.gradients) {
        gradients.set(name, (await gradient.data() as Float32Array).slice());
      }
      const lossAt = async (name: string, length: number): Promise<number> => {
        const moved = new Map(
          [...initial].map(([of, values]) => {
            const gradient = gradients.get(of)!;
            return [
              of,
              of.startsWith(name) ? values.map((one, i) => one + length * gradient[i]) : values,
            ];
          }),
        );
        parameters.write(moved);
        return (await valuesOf(tidy(loss)))[0];
      };
      for (const part of PARTS) {
        const squares = [...gradients].filter(([name]) => name.startsWith(part))
          .reduce((sum, [, values]) => sum + values.reduce((all, one) => all + one * one, 0), 0);
        assert.ok(squares > 0, part);
        // Along the gradient the loss has a slope of its squared length; the step changes it by a thousandth or so.
        const step = Math.min(1e-3 / squares, 0.02 / Math.sqrt(squares));
        const slope = (await lossAt(part, step) - await lossAt(part, -step)) / (2 * step);
        const most = distance === "l1" ? 0.02 : 0.005; // the loss of l1 has kinks
        const error = Math.abs(slope / squares - 1);
        assert.ok(error < most, `${distance} ${part}: ${slope} ${squares}`);
      }
      parameters.write(initial);
      tf.dispose([found.loss, ...found.gradients.values()]);
    }
    tf.dispose([features, patches, ...selections.flatMap((one) => Object.values(one))]);
    teacher.dispose();
    parameters.dispose();
    model.dispose();
  },
  ["cpu", "wasm"],
);
