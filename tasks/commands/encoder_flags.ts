import type { Descriptor, Registry } from "@videoms/core";
import { annotations, type Split } from "@videoms/data";
import type { FlagSpecs, FlagValues } from "./line/command.ts";
import { ENCODER_WEIGHTS } from "../definition/probe_task.ts";

/** What of an encoder, and of which videos, a command line asks for. */
export const ENCODER_FLAGS = {
  annotations: {
    type: "path",
    value: "list",
    help:
      "the videos of this list, one `path label` a line, in place of those that the encoder was " +
      "trained by",
  },
  "data-root": {
    type: "path",
    value: "folder",
    help: "folder that relative paths in the list start from (default: the list's own)",
  },
  split: {
    type: "text",
    choices: ["train", "held-out", "test"],
    help: "which list of the encoder's own data set (default train)",
  },
  weights: {
    type: "text",
    choices: ENCODER_WEIGHTS,
    help: "the checkpoint's last weights or their moving average (default last)",
  },
  tokens: {
    type: "text",
    value: "name",
    help:
      "tokens that are looked at: all, motion-centric, … (default: as the fine-tuning that the " +
      "encoder comes from, else all)",
  },
  "drop-ratio": {
    type: "number",
    value: "share",
    help: "share of the tokens that is dropped; implies --tokens motion-centric",
  },
} as const satisfies FlagSpecs;

export type EncoderFlags = FlagValues<typeof ENCODER_FLAGS>;

/**
 * The choice of tokens; undefined if none is asked for.
 *
 * @throws {RangeError} for a plugin that is not there
 * @throws {TypeError} for a drop ratio where the plugin has none
 */
export function tokensOfFlags(
  flags: Pick<EncoderFlags, "tokens" | "drop-ratio">,
  registry: Registry,
): Descriptor<"tokens"> | undefined {
  const dropRatio = flags["drop-ratio"];
  if (flags.tokens === undefined && dropRatio === undefined) return undefined;
  const options = dropRatio === undefined ? {} : { dropRatio };
  return registry.describe({ kind: "tokens", name: flags.tokens ?? "motion-centric", options });
}

/** The list of videos; undefined for the encoder's own. */
export function datasetOfFlags(
  flags: Pick<EncoderFlags, "annotations" | "data-root">,
): Descriptor<"dataset"> | undefined {
  if (flags.annotations === undefined) return undefined;
  return annotations({ train: flags.annotations, dataRoot: flags["data-root"] ?? "" });
}

/** Which list of a data set. */
export function splitOfFlags({ split }: Pick<EncoderFlags, "split">): Split {
  return split === "held-out" ? "heldOut" : split ?? "train";
}
