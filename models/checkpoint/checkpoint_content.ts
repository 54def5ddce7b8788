import {
  type ClipGeometry,
  floatValues,
  type Optimizer,
  type Parameters,
  type ParameterSpec,
  readSafetensors,
  type StoredTensor,
  type WeightEma,
} from "@videoms/core";
import {
  type CheckpointSnapshot,
  type CheckpointSource,
  readingGroups,
  type TensorSet,
} from "./checkpoint_bytes.ts";
import { fromPyTorchTensor, type NetworkKind, pytorchName } from "./pytorch_layout.ts";

/** What a checkpoint holds: everything that the next step depends on. */
export interface CheckpointSubject {
  network: NetworkKind;
  geometry: ClipGeometry;
  parameters: Parameters;
  optimizer: Optimizer;
  average: WeightEma | null;
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
