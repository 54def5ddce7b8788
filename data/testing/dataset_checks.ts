import { isAbsolute } from "node:path";
import type { Plugin, PluginOptions } from "@videoms/core";
import {
  type ConformanceCheck,
  descriptorChecks,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";
import type { Dataset, PreparedDataset, VideoSample } from "../dataset/dataset.ts";
import { indexVideos } from "../index/index_videos.ts";

/** Number of videos checked per list. */
const PROBED = 3;

function checkSamples(
  samples: readonly VideoSample[],
  list: string,
  { classes }: PreparedDataset,
): void {
  for (const { path, label, seconds } of samples) {
    requireThat(isAbsolute(path), `paths of ${list} must be absolute`, path);
    const isClass = Number.isSafeInteger(label) && label >= 0 && label < classes.length;
    requireThat(isClass, `labels of ${list} must be below ${classes.length}`, label);
    if (!seconds) continue;
    const { start, end } = seconds;
    requireThat(start >= 0 && end > start, `time spans of ${list} must not be empty`, seconds);
  }
}

async function checkVideos(samples: readonly VideoSample[], list: string): Promise<void> {
  const paths = [...new Set(samples.map(({ path }) => path))].slice(0, PROBED);
  for (const entry of await indexVideos(paths)) {
    requireThat("record" in entry, `videos of ${list} must exist and be readable`, entry);
  }
}

/**
 * Checks that any data set must pass: lists of existing, readable videos, labels among its classes, a
 * consistent summary without side effects, a reproducible second preparation, and a plain JSON descriptor.
 * The data set is prepared: choose options for a small one in its own folder.
 *
 * @example In a test file of a module that exports `myDataset`
 * ```ts
 * import { datasetChecks } from "@videoms/data/testing";
 * import { shapes as myDataset } from "@videoms/data";
 *
 * const dir = `${await Deno.makeTempDir()}/videos`;
 * for (const { name, run } of datasetChecks(myDataset, { options: { dir, videos: 8, heldOut: 2 } })) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function datasetChecks<Options extends PluginOptions>(
  plugin: Plugin<"dataset", Options, Dataset>,
  settings: PluginCheckOptions<Options> = {},
): ConformanceCheck[] {
  const dataset = (): Dataset => productOf(plugin, settings);
  const title = `dataset "${plugin.name}"`;
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `${title} lists videos that can be read, with labels of its classes`,
      async run() {
        const prepared = await dataset().prepare();
        const { train, heldOut, test, classes } = prepared;
        requireThat(train.length > 0, "there must be videos to train on", train.length);
        requireThat(classes.length > 0, "there must be classes", classes.length);
        const lists = { train, heldOut: heldOut ?? [], test: test ?? [] };
        for (const [name, samples] of Object.entries(lists)) {
          checkSamples(samples, name, prepared);
          await checkVideos(samples, name);
        }
      },
    },
    {
      name: `${title} is the same when it is prepared again, and as summarised`,
      async run() {
        const first = await dataset().prepare();
        const second = await dataset().prepare();
        requireThat(
          JSON.stringify(second) === JSON.stringify(first),
          "a second preparation must give what the first one gave",
        );
        const { text, train, classes } = await dataset().summarize();
        requireThat(
          train === first.train.length,
          `${train} samples must be trained on`,
          first.train.length,
        );
        requireThat(text.length > 0 && !text.includes("\n"), "the summary must be one line", text);
        requireThat(
          classes === first.classes.length,
          `classes must be ${classes}`,
          first.classes.length,
        );
      },
    },
    {
      name: `${title} stops on abort`,
      async run() {
        const reason = new Error("told to stop");
        let error: unknown = null;
        try {
          await dataset().prepare({ signal: AbortSignal.abort(reason) });
        } catch (thrown) {
          error = thrown;
        }
        // Work that takes no time may finish before the signal is checked.
        requireThat(
          error === null || error === reason,
          "the signal's reason must be thrown",
          error,
        );
      },
    },
  ];
}
