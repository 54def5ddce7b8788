import {
  type AdamW,
  type ClipGeometry,
  floatBytes,
  floatValues,
  type LossScaleState,
  type Parameters,
  type ParameterSpec,
  readSafetensors,
  safetensorsHead,
  sizeOf,
  type StoredTensor,
  type TensorEntry,
  type WeightEma,
} from "@videoms/core";
import {
  fromPyTorchTensor,
  type NetworkKind,
  pytorchName,
  pytorchShape,
  toPyTorchTensor,
} from "./pytorch_layout.ts";

/** What a checkpoint holds: everything that the next step depends on. */
export interface CheckpointSubject {
  network: NetworkKind;
  geometry: ClipGeometry;
  parameters: Parameters;
  optimizer: AdamW;
  average: WeightEma | null;
}

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

const FIRST = "optimizer.first.";
const SECOND = "optimizer.second.";
const AVERAGE = "average.";

/** The tensors as they are when they are read: nothing may change them until the file is written. */
export async function liveSource(
  { network, geometry, parameters, optimizer, average }: CheckpointSubject,
): Promise<CheckpointSource> {
  const sets: TensorSet[] = [
    { prefix: "", read: (name) => parameters.readTensor(name) },
    { prefix: FIRST, read: async (name) => (await optimizer.readMoments(name)).first },
    { prefix: SECOND, read: async (name) => (await optimizer.readMoments(name)).second },
  ];
  if (average) sets.push({ prefix: AVERAGE, read: (name) => average.parameters.readTensor(name) });
  const lossScale = await optimizer.readLossScale();
  return { network, geometry, specs: parameters.specs, steps: optimizer.steps, lossScale, sets };
}

/** Copies everything that a checkpoint stores to the host; training may go on then. */
export async function takeSnapshot(subject: CheckpointSubject): Promise<CheckpointSnapshot> {
  const { sets, ...rest } = await liveSource(subject);
  const copies = [];
  for (const { prefix, read } of sets) {
    const tensors = new Map<string, Float32Array>();
    for (const group of readingGroups(rest.specs)) {
      const values = await Promise.all(group.map(({ name }) => read(name)));
      group.forEach(({ name }, i) => tensors.set(name, values[i]));
    }
    copies.push({ prefix, tensors });
  }
  return { ...rest, sets: copies };
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
function readingGroups(specs: readonly ParameterSpec[]): ParameterSpec[][] {
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

/** Finds stored tensors by prefix and parameter, in our layout. */
function tensorReader(
  { geometry, network }: CheckpointSubject,
  tensors: ReadonlyMap<string, StoredTensor>,
  file: string,
): (prefix: string, spec: ParameterSpec) => Float32Array {
  return (prefix, spec) => {
    const name = prefix + pytorchName(spec.name, network);
    const tensor = tensors.get(name);
    if (!tensor) throw new RangeError(`Cannot go on from ${file}: tensor "${name}" is missing`);
    return fromPyTorchTensor(spec, { shape: tensor.shape, values: floatValues(tensor) }, geometry);
  };
}

/**
 * Goes on from a checkpoint. An average that it does not hold starts from its weights.
 *
 * @param file name for messages
 * @throws {TypeError} if the bytes are not a well-formed file
 * @throws {RangeError} if a tensor is missing or of another shape
 */
export function restoreCheckpoint(
  subject: CheckpointSubject,
  bytes: Uint8Array,
  file: string,
): void {
  const { parameters, optimizer, average } = subject;
  const { tensors, metadata } = readSafetensors(bytes, file);
  const tensor = tensorReader(subject, tensors, file);
  const averaged = [...tensors.keys()].some((name) => name.startsWith(AVERAGE));
  for (const spec of parameters.specs) {
    const { name } = spec;
    parameters.writeTensor(name, tensor("", spec));
    optimizer.writeMoments(name, { first: tensor(FIRST, spec), second: tensor(SECOND, spec) });
    average?.parameters.writeTensor(name, tensor(averaged ? AVERAGE : "", spec));
  }
  const lossScale = metadata.loss_scale ? JSON.parse(metadata.loss_scale) : null;
  optimizer.continueFrom(Number(metadata.step), lossScale);
}
