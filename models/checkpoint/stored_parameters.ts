import {
  type ClipGeometry,
  Parameters,
  type ParameterSpec,
  type WeightTensor,
} from "@videoms/core";
import { type NetworkKind, pytorchName } from "./pytorch_layout.ts";
import { readPlannedValues } from "./weight_plan.ts";

/** A network and the checkpoint that its weights are in. */
export interface StoredNetwork {
  readonly network: NetworkKind;
  readonly model: {
    readonly specs: readonly ParameterSpec[];
    readonly options: { readonly geometry: ClipGeometry };
  };
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** The checkpoint's file, for messages. */
  readonly path: string;
}

/**
 * All weights of a network out of a checkpoint of its own kind, on the device.
 *
 * @param act what they are needed for, for messages: "look"
 * @param average take the average of the weights
 * @throws {RangeError} if there is none for a tensor
 */
export async function storedParameters(
  { network, model: { specs, options: { geometry } }, tensors, path }: StoredNetwork,
  act: string,
  average = false,
): Promise<Parameters> {
  const prefix = average ? "average." : "";
  const sources = new Map(
    specs.map((spec) => [spec.name, prefix + pytorchName(spec.name, network)]),
  );
  const missing = [...sources.values()].find((name) => !tensors.has(name));
  if (missing !== undefined) {
    const what = average ? "averaged weights" : `tensor "${missing}"`;
    const how = average ? "; they are kept by runs with optimizer.emaDecay" : "";
    throw new RangeError(`Cannot ${act}: ${path} must hold ${what}, got none${how}`);
  }
  return new Parameters(specs, await readPlannedValues({ sources }, tensors, { specs, geometry }));
}
