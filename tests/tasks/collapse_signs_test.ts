import assert from "node:assert/strict";
import {
  initialParameters,
  Parameters,
  randomStream,
  tokenGrid,
  valuesPerToken,
} from "@videoms/core";
import { dense, tube } from "@videoms/masking";
import type { FrameSelector, MaskingStrategy } from "@videoms/masking";
import { MaskedAutoencoder } from "@videoms/models";
import type { SelectionContext } from "../../tasks/pretrain/batch_selection.ts";
import { collapseSigns, collapseWarnings } from "../../tasks/pretrain/collapse_signs.ts";
import { autoencoderOf } from "../../tasks/training/model_options.ts";
import { testOnBackends } from "../backends.ts";
import { registry, smallTask } from "./small_task.ts";

testOnBackends("flat clips are told from clips with content", async () => {
  const task = smallTask("unused", { masking: tube({ maskRatio: 0.75 }) });
  const model = new MaskedAutoencoder(autoencoderOf(task));
  const { geometry } = model.options;
  const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
  const context: SelectionContext = {
    model,
    parameters,
    strategy: registry.create<MaskingStrategy>(task.masking),
    selector: registry.create<FrameSelector>(dense()),
  };
  const size = 2 * tokenGrid(geometry).tokens * valuesPerToken(geometry);
  const noise = randomStream(0, "pixels");
  const signsOf = async (pixel: () => number) => {
    const pixels = Uint8Array.from({ length: size }, pixel);
    const random = [0, 1].map((clip) => randomStream(0, "mask", clip));
    return (await collapseSigns(context, { batches: [{ pixels, batch: 2 }], random: [random] }))!;
  };
  const rich = await signsOf(() => noise.integer(256));
  assert.equal(rich.flatTargets, 0);
  assert.ok(rich.featureRank > 2 && rich.featureRank <= 24, `${rich.featureRank}`);
  assert.deepEqual(collapseWarnings(rich), []);
  const flat = await signsOf(() => 40);
  assert.equal(flat.flatTargets, 1);
  assert.match(collapseWarnings(flat).join(), /100 % of the tokens/);
  assert.match(collapseWarnings({ featureRank: NaN, flatTargets: 0 }).join(), /NaN dimensions/);
  parameters.dispose();
  model.dispose();
});
