import type { ClipGeometry, LossScaleState, ParameterSpec } from "@videoms/core";
import { floatBytes, safetensorsHead, sizeOf, type TensorEntry } from "@videoms/core/plain";
import { type NetworkKind, pytorchName, pytorchShape, toPyTorchTensor } from "./pytorch_layout.ts";

/** A set of tensors, one per parameter, that a checkpoint stores under a prefix. */
export interface TensorSet {
  /** Before PyTorch's name; none for weights, so that other tools read them. */
  prefix: string;
  read(name: string): Promise<Float32Array>;
}

/** What a checkpoint is written from. */
export interface CheckpointSource {
  network: NetworkKind;
  geometry: ClipGeometry;
  specs: readonly ParameterSpec[];
  /** Optimiser steps behind it. */
  steps: number;
  /** Factor of gradients in half precision; null where there are none. */
  lossScale: LossScaleState | null;
  sets: readonly TensorSet[];
}

/** A copy of everything that a checkpoint stores, plain data that goes to another thread. */
export interface CheckpointSnapshot extends Omit<CheckpointSource, "sets"> {
  sets: readonly { prefix: string; tensors: ReadonlyMap<string, Float32Array> }[];
}

/** A copy as something to write a checkpoint from. */
export function snapshotSource({ sets, ...rest }: CheckpointSnapshot): CheckpointSource {
  return {
    ...rest,
    sets: sets.map(({ prefix, tensors }) => ({
      prefix,
      read: (name) => Promise.resolve(tensors.get(name)!),
    })),
  };
}

/** Values that are read at once: on a GPU every wait takes 10 ms, however little is read. */
const READ_AHEAD = 2 ** 24;

/** Specs in their order, in groups of at most {@linkcode READ_AHEAD} values or of a single tensor. */
export function readingGroups(specs: readonly ParameterSpec[]): ParameterSpec[][] {
  const groups: ParameterSpec[][] = [];
  let values = Infinity;
  for (const spec of specs) {
    values += sizeOf(spec.shape);
    if (values > READ_AHEAD) {
      groups.push([]);
      values = sizeOf(spec.shape);
    }
    groups.at(-1)!.push(spec);
  }
  return groups;
}

/** The bytes of a checkpoint, part by part: of a live source, only a few tensors are copied at a time. */
export async function* checkpointBytes(
  { network, geometry, specs, steps, lossScale, sets }: CheckpointSource,
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  const entries = sets.flatMap(({ prefix }) =>
    specs.map((spec): TensorEntry => ({
      name: prefix + pytorchName(spec.name, network),
      type: "F32",
      shape: pytorchShape(spec, geometry),
    }))
  );
  const scale: Record<string, string> = lossScale ? { loss_scale: JSON.stringify(lossScale) } : {};
  yield safetensorsHead(entries, { ...metadata, ...scale, format: "pt", step: String(steps) });
  for (const { read } of sets) {
    for (const group of readingGroups(specs)) {
      const values = await Promise.all(group.map(({ name }) => read(name)));
      for (const [i, spec] of group.entries()) {
        yield floatBytes(toPyTorchTensor(spec, values[i], geometry).values);
      }
    }
  }
}
