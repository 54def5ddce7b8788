import {
  type Communicator,
  type Descriptor,
  type Json,
  localRanks,
  ranksInTurn,
  type Registry,
  requireSameOnRanks,
  tokenGrid,
  valueOfFirst,
} from "@videoms/core";
import { createProgress, type Output, standardOutput } from "@videoms/data/console";
import type { EncoderWeights } from "../../definition/probe_task.ts";
import {
  checkDataset,
  listRows,
  prepareVideos,
  requireSameData,
  type RunVideos,
  shareOfRank,
  type Split,
  splitFor,
} from "@videoms/data";
import type { IndexRow } from "@videoms/models";
import { evaluationViews, videoSelector } from "@videoms/studio/views";
import { whilePreparing } from "../../runs/training/while_preparing.ts";
import {
  type ExtractionSettings,
  openFeatureFolder,
  readIndex,
  shardFile,
} from "./feature_folder.ts";
import { type DeviceChoice, deviceChoice, precisionFact } from "../../runs/network/task_device.ts";
import { type FrozenEncoder, openEncoder } from "../../runs/encoder/frozen_encoder.ts";
import {
  type FeatureKind,
  type FeatureType,
  type ListedVideo,
  viewFeatures,
} from "./view_features.ts";

/** Which features are extracted, of which videos and by which encoder. */
export interface ExtractOptions extends DeviceChoice {
  from: string;
  out: string;
  weights?: EncoderWeights;
  /** Which tokens are looked at. @default as the fine-tuning that it comes from, else all */
  tokens?: Descriptor<"tokens">;
  /** Videos. @default those that the encoder was trained by */
  dataset?: Descriptor<"dataset">;
  /** Which list of them. @default "train" */
  split?: Split;
  features?: FeatureKind;
  segments?: number;
  crops?: number;
  /** Average the pooled features of a video's views. @default false */
  mergeViews?: boolean;
  type?: FeatureType;
  /** Bytes of a file at most, as long as a video's features fit. @default 256 MiB */
  shardBytes?: number;
  batch?: number;
  /** Delete earlier features in the folder. @default false */
  fresh?: boolean;
  /** Stops the work; whole files are kept. */
  signal?: AbortSignal;
  output?: Output;
  /** The processes that share the videos; the first has the folder. @default this one alone */
  ranks?: Communicator;
}

/** What an extraction wrote; on ranks other than the first there are no rows. */
export interface ExtractResult {
  rows: IndexRow[];
  index: string;
  /** Files that were there from an earlier process. */
  found: number;
  shards: number;
}

const DEFAULTS = {
  weights: "last",
  split: "train",
  features: "pooled",
  segments: 1,
  crops: 1,
  mergeViews: false,
  type: "float32",
  shardBytes: 256 * 2 ** 20,
  batch: 16,
  fresh: false,
} as const satisfies Partial<ExtractOptions>;

type Resolved = ExtractOptions & Required<Pick<ExtractOptions, keyof typeof DEFAULTS>>;

function withDefaults(given: ExtractOptions): Resolved {
  const resolved: Resolved = { ...DEFAULTS, ...given };
  for (const name of ["segments", "crops", "batch", "shardBytes"] as const) {
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] < 1) {
      throw new RangeError(
        `Cannot run the extraction: ${name} must be a whole number from 1, got ${resolved[name]}`,
      );
    }
  }
  if (resolved.mergeViews && resolved.features === "tokens") {
    throw new RangeError(
      'Cannot run the extraction: views can be averaged for features "pooled" only, got "tokens"',
    );
  }
  return resolved;
}

/** The readable videos of a list with their places in it, and rows for the others. */
function listedVideos(
  videos: RunVideos,
  split: Split,
): { listed: ListedVideo[]; unreadable: IndexRow[] } {
  if (split === "heldOut" && !videos.heldOutIsSeparate) {
    throw new RangeError(
      'Cannot run the extraction: the data set must have held-out videos for split "heldOut", got none',
    );
  }
  const listed: ListedVideo[] = [];
  const unreadable: IndexRow[] = [];
  listRows(videos, splitFor(videos, split)).forEach((one, row) => {
    if (!("error" in one)) return listed.push({ ...one, row });
    const { path: file, label, error } = one;
    unreadable.push({ row, file, label, segment: null, crop: null, error });
  });
  return { listed, unreadable };
}

function settingsOf(
  encoder: FrozenEncoder,
  resolved: Resolved,
  dataset: Descriptor<"dataset">,
  videos: number,
): ExtractionSettings {
  const { task, checkpoint, tokensDescriptor, width } = encoder;
  const { split, weights, features, segments, crops, mergeViews, type, shardBytes } = resolved;
  const json = (value: unknown): Json => JSON.parse(JSON.stringify(value));
  const { samplingRate, fps } = task.data;
  const clip = { ...encoder.model.options.geometry, samplingRate, ...fps ? { fps } : {} };
  return {
    encoder: { ...checkpoint, weights, width },
    ...precisionFact(encoder.device),
    clip: json(clip),
    frames: json(task.frames),
    tokens: json(tokensDescriptor),
    data: { dataset: json(dataset), split, videos },
    views: { segments, crops, mergeViews },
    features,
    type,
    shardBytes,
  };
}

/** Videos of a file, so that it has `shardBytes` at most. */
function videosPerShard(encoder: FrozenEncoder, resolved: Resolved): number {
  const { features, segments, crops, mergeViews, type, shardBytes } = resolved;
  const { tokens, model, width } = encoder;
  const kept = features === "tokens" ? tokens.count(tokenGrid(model.options.geometry)) : 1;
  const valueBytes = type === "float32" ? 4 : 2;
  const indexBytes = features === "tokens" ? 4 * kept : 0;
  const viewBytes = kept * width * valueBytes + indexBytes;
  const views = mergeViews ? 1 : segments * crops;
  return Math.max(1, Math.floor(shardBytes / (views * viewBytes)));
}

/**
 * Takes the features of videos and writes them to a folder: safetensors files of limited size, and an
 * index with a line for every view. Files that are whole already, of an earlier process with the same
 * options, are kept.
 *
 * @throws {RangeError} for options that cannot work
 * @throws {Error} if the folder holds other features
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { definePretrain, extract, loadRegistry, pretrain } from "@videoms/tasks";
 *
 * const folder = await Deno.makeTempDir();
 * const task = definePretrain({
 *   name: "tiny",
 *   out: `${folder}/pretrain`,
 *   model: { width: 12, depth: 1, heads: 2, imageSize: 16, patchSize: 4, frames: 4 },
 *   data: { dataset: shapes({ videos: 4, heldOut: 2, size: 16, dir: folder }), heldOutClips: 1 },
 *   steps: 1,
 *   batch: 2,
 * });
 * const registry = await loadRegistry();
 * await pretrain(task, registry);
 * const { rows } = await extract(registry, { from: task.out!, out: `${folder}/features` });
 * console.assert(rows.length === 4);
 * ```
 */
export async function extract(
  registry: Registry,
  options: ExtractOptions,
): Promise<ExtractResult> {
  const resolved = withDefaults(options);
  const { from, out, weights, split, fresh } = resolved;
  const { tokens, signal = new AbortController().signal, output = standardOutput() } = options;
  const { ranks = localRanks(1)[0] } = options;
  const isFirst = ranks.rank === 0;
  const share = await shareOfRank(ranks);
  const choice = { weights, tokens, ...deviceChoice({ ...share, ...options }) };
  if (options.dataset) await checkDataset(options.dataset, registry);
  await using encoder = await openEncoder(from, registry, choice);
  output.printError(encoder.device.description);
  const dataset = options.dataset ?? encoder.task.data.dataset;
  const data = { dataset, fps: encoder.task.data.fps, workers: 0, maxReplaced: 1 };
  // Unreadable videos become rows of the index; they need not end the work.
  const videos = await whilePreparing(
    { signal, output },
    (hooks) => ranksInTurn(ranks, () => prepareVideos({ data }, registry, hooks)),
  );
  const { listed, unreadable } = listedVideos(videos, split);
  const settings = settingsOf(encoder, resolved, dataset, listed.length + unreadable.length);
  await requireSameData(ranks, videos.data);
  await requireSameOnRanks(ranks, [["encoder and options", settings]]);
  using folder = isFirst ? await openFeatureFolder(out, settings, fresh) : null;
  const perShard = videosPerShard(encoder, resolved);
  const shards = Math.ceil(listed.length / perShard);
  const index = folder?.index ?? "";
  if (await valueOfFirst(ranks, await folder?.isDone())) {
    return { rows: folder ? await readIndex(index) : [], index, found: shards, shards };
  }

  const { task, selector } = encoder;
  const views = evaluationViews(task, videoSelector(registry, task, selector), resolved);
  using progress = createProgress(output.status, "extracting", listed.length, "videos");
  let found = 0;
  for (let shard = 0; shard < shards; shard++) {
    const start = shard * perShard;
    if (await valueOfFirst(ranks, await folder?.hasShard(shard))) {
      found++;
      continue;
    }
    const { tensors, rows } = await viewFeatures(encoder, {
      ...resolved,
      kind: resolved.features,
      videos: listed.slice(start, start + perShard),
      views,
      shard: shardFile(shard),
      ranks,
      earlier: await folder?.loadPart(shard) ?? null,
      save: async (part) => await folder?.savePart(shard, part),
      onProgress: (done) => progress.update(start + done),
      signal,
    });
    await folder?.saveShard(shard, tensors, rows);
  }
  return { rows: await folder?.finish(shards, unreadable) ?? [], index, found, shards };
}
