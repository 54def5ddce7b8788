import {
  type AdamW,
  floatValues,
  type HostTensors,
  type Parameters,
  type ParameterSpec,
  readSafetensors,
  type WeightAverage,
  writeSafetensors,
} from "@videoms/core";
import type { ClipGeometry, Moments } from "@videoms/core";
import {
  fromPyTorch,
  type NetworkKind,
  pytorchName,
  type PyTorchTensor,
  toPyTorch,
} from "@videoms/models";

/** What a checkpoint belongs to. */
export interface CheckpointSubject {
  network: NetworkKind;
  geometry: ClipGeometry;
  parameters: Parameters;
  optimizer: AdamW;
  average: WeightAverage | null;
}

/** Everything in a checkpoint that the next step depends on, on the host. */
export interface TrainingState {
  step: number;
  weights: HostTensors;
  moments: ReadonlyMap<string, Moments>;
  average: HostTensors | null;
}

/** Prefixes of what is stored beside the weights, which have none so that other tools read them. */
const FIRST = "optimizer.first.";
const SECOND = "optimizer.second.";
const AVERAGE = "average.";

/** The bytes of a checkpoint, in parts. */
export async function checkpointBytes(
  subject: CheckpointSubject,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const { parameters, optimizer, average, geometry, network } = subject;
  const stored = new Map<string, PyTorchTensor>();
  const store = (prefix: string, values: HostTensors) => {
    for (const [name, tensor] of toPyTorch(parameters.specs, values, geometry, network)) {
      stored.set(prefix + name, tensor);
    }
  };
  const moments = [...await optimizer.read()];
  store("", await parameters.read());
  store(FIRST, new Map(moments.map(([name, { first }]) => [name, first])));
  store(SECOND, new Map(moments.map(([name, { second }]) => [name, second])));
  if (average) store(AVERAGE, await average.parameters.read());
  return writeSafetensors(stored, { ...metadata, format: "pt", step: String(optimizer.steps) });
}

/**
 * Reads a checkpoint.
 *
 * @param file name for messages
 * @throws {TypeError} if the bytes are not a well-formed file
 * @throws {RangeError} if a tensor is missing or of another shape
 */
export function readCheckpoint(
  bytes: Uint8Array,
  specs: readonly ParameterSpec[],
  geometry: ClipGeometry,
  network: NetworkKind,
  file: string,
): TrainingState {
  const { tensors, metadata } = readSafetensors(bytes, file);
  const below = (prefix: string): HostTensors => {
    const found = new Map<string, PyTorchTensor>();
    for (const spec of specs) {
      const name = pytorchName(spec.name, network);
      const tensor = tensors.get(prefix + name);
      if (tensor) found.set(name, { shape: tensor.shape, values: floatValues(tensor) });
    }
    return fromPyTorch(specs, found, geometry, network);
  };
  const second = below(SECOND);
  const moments = new Map(
    [...below(FIRST)].map(([name, first]) => [name, { first, second: second.get(name)! }]),
  );
  const averaged = [...tensors.keys()].some((name) => name.startsWith(AVERAGE));
  return {
    step: Number(metadata.step),
    weights: below(""),
    moments,
    average: averaged ? below(AVERAGE) : null,
  };
}

/** Continues from a checkpoint. */
export function restoreState(
  { parameters, optimizer, average }: CheckpointSubject,
  state: TrainingState,
): void {
  parameters.write(state.weights);
  optimizer.restore(state.step, state.moments);
  if (average) average.parameters.write(state.average ?? state.weights);
}
