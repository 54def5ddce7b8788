import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import { planEncoderHandOver, videoEncoderSpecs } from "@videoms/models";
import { encoderOptionsOf, openEncoderSource } from "../features/encoder_source.ts";
import type { ProbeTask } from "../task/probe_task.ts";
import { runFolderOf } from "../training/run_facts.ts";
import { probeHeadsOf } from "./probe_heads_of.ts";
import { checkProbeTask } from "./probe_plugins.ts";

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
  using source = await openEncoderSource(task.encoder.from);
  const options = encoderOptionsOf(source.task, registry);
  const { geometry, encoder } = options;
  const specs = videoEncoderSpecs(options);
  const average = task.encoder.weights === "average";
  const { report } = planEncoderHandOver(source.tensors, { specs, options }, average);
  registry.create<FrameSelector>(task.frames).candidateFrames(geometry);
  const grid = tokenGrid(geometry);
  const kept = registry.create<TokenSelection>(task.tokens).count(grid);
  const heads = probeHeadsOf(task, encoder, data.classes);
  const lines = {
    "run folder": runFolderOf(task),
    data: `${data.text}, ${data.classes} classes`,
    encoder: [source.path, ...report.explain.split("\n")].join(`\n${" ".repeat(22)}`),
    "tokens of a clip": `${grid.tokens}: ${kept} looked at, ${grid.tokens - kept} dropped`,
    heads: `${heads.options.heads.length}, of ${
      countParameters(heads.specs).toLocaleString("en")
    } parameters together`,
  };
  return [
    JSON.stringify(task, null, 2),
    "",
    ...Object.entries(lines).map(([title, text]) => title.padEnd(22) + text),
    "",
  ].join("\n");
}
