import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import {
  planEncoderWeights,
  probeClipCost,
  probeMemory,
  readPlannedValues,
  videoEncoderSpecs,
} from "@videoms/models";
import { runDescription } from "../cost/run_description.ts";
import { encoderOptionsOf, openEncoderSource } from "../encoder/encoder_source.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";
import { probeHeadsOf } from "./probe_heads_of.ts";
import { checkProbeTask } from "./probe_plugins.ts";
import { stepLoad } from "../cost/run_cost.ts";

/**
 * What a probe would do, for people: the resolved task, the encoder, the heads and the data. Nothing is
 * rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 * @throws {Error} if there is no such encoder
 */
export async function describeProbe(task: ProbeTask, registry: Registry): Promise<string> {
  checkProbeTask(task, registry);
  const data = await registry.create<Dataset>(task.data.dataset).summarize();
  using source = await openEncoderSource(
    task.encoder.from,
    task.encoder.weights === "average",
  );
  const options = encoderOptionsOf(source.task, registry);
  const { geometry, encoder } = options;
  const specs = videoEncoderSpecs(options);
  const plan = planEncoderWeights(source.tensors, { specs, options });
  await readPlannedValues(plan, source.tensors, { specs, geometry }); // says now what would stop the probe later
  const selector = registry.create<FrameSelector>(task.frames);
  selector.candidateFrames(geometry);
  const grid = tokenGrid(geometry);
  const tokens = registry.create<TokenSelection>(task.tokens);
  const kept = tokens.count(grid);
  const heads = probeHeadsOf(task, encoder, data.classes);
  const parameters = countParameters(heads.specs);
  return runDescription(task, {
    data: `${data.text}, ${data.classes} classes`,
    tokens: `${grid.tokens}: ${kept} kept, ${grid.tokens - kept} dropped`,
    more: {
      encoder: `${source.path}\n${plan.report.explain}`,
      heads: String(heads.options.heads.length),
    },
    parameters,
    cost: probeClipCost(options, heads.options, { tokens, selector }),
    memory: probeMemory(stepLoad(task), options, {
      tokens,
      parameters,
      frozenParameters: countParameters(specs),
    }),
  });
}
