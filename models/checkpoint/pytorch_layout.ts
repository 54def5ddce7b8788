import type { ClipGeometry, HostTensors, ParameterSpec } from "@videoms/core";

/**
 * Names and layouts that the PyTorch implementations of this family give their tensors. Checkpoints
 * are stored so, hence other tools can read them; nothing else here knows those names.
 */

/** A tensor as PyTorch would store it. */
export interface PyTorchTensor {
  /** Sides, slowest first. */
  shape: readonly number[];
  /** Values, row-major. */
  values: Float32Array;
}

/** A network with an encoder; the two name it differently. */
export type EncoderNetwork = "pretrain" | "classifier";

/** Which network a set of tensors belongs to. Probes are our own and keep our names. */
export type NetworkKind = EncoderNetwork | "probe";

const BLOCK_NAMES: Readonly<Record<string, string>> = {
  "attentionFactor": "gamma_1",
  "mlpFactor": "gamma_2",
  "attentionNorm.scale": "norm1.weight",
  "attentionNorm.offset": "norm1.bias",
  "attention.queryBias": "attn.q_bias",
  "attention.valueBias": "attn.v_bias",
  "attention.qkvWeight": "attn.qkv.weight",
  "attention.output.weight": "attn.proj.weight",
  "attention.output.bias": "attn.proj.bias",
  "mlpNorm.scale": "norm2.weight",
  "mlpNorm.offset": "norm2.bias",
  "mlp.expand.weight": "mlp.fc1.weight",
  "mlp.expand.bias": "mlp.fc1.bias",
  "mlp.contract.weight": "mlp.fc2.weight",
  "mlp.contract.bias": "mlp.fc2.bias",
};

const OTHER_NAMES: Readonly<Record<string, string>> = {
  "maskToken": "mask_token",
  "encoder.patchEmbedding.weight": "encoder.patch_embed.proj.weight",
  "encoder.patchEmbedding.bias": "encoder.patch_embed.proj.bias",
  "encoder.norm.scale": "encoder.norm.weight",
  "encoder.norm.offset": "encoder.norm.bias",
  "decoder.norm.scale": "decoder.norm.weight",
  "decoder.norm.offset": "decoder.norm.bias",
  "decoder.head.weight": "decoder.head.weight",
  "decoder.head.bias": "decoder.head.bias",
  "bridge.weight": "encoder_to_decoder.weight",
  "headNorm.scale": "fc_norm.weight",
  "headNorm.offset": "fc_norm.bias",
  "head.weight": "head.weight",
  "head.bias": "head.bias",
};

/**
 * The PyTorch name of a tensor.
 *
 * @throws {RangeError} if no rule covers the name
 */
export function pytorchName(name: string, network: NetworkKind): string {
  if (network === "probe") return name;
  const block = /^(encoder|decoder)\.blocks\.(\d+)\.(.+)$/.exec(name);
  // Blocks of other backbones than the transformer are our users' own, and keep their names.
  const inBlock = block && (BLOCK_NAMES[block[3]] ?? block[3]);
  const full = inBlock ? `${block[1]}.blocks.${block[2]}.${inBlock}` : OTHER_NAMES[name];
  if (full === undefined) {
    throw new RangeError(`Cannot name a tensor for PyTorch: no rule covers "${name}"`);
  }
  return network === "classifier" ? full.replace(/^encoder\./, "") : full;
}

/** The shape that PyTorch gives a tensor. */
export function pytorchShape(spec: ParameterSpec, geometry: ClipGeometry): readonly number[] {
  if (spec.name === "maskToken") return [1, 1, ...spec.shape];
  if (spec.shape.length === 1) return spec.shape;
  const [inputs, outputs] = spec.shape;
  if (spec.name !== "encoder.patchEmbedding.weight") return [outputs, inputs];
  const { tubeletSize, patchSize } = geometry;
  return [outputs, 3, tubeletSize, patchSize, patchSize];
}

/**
 * Where each value of a PyTorch tensor [outputs, …] lies along the input axis of ours: the identity,
 * except for the patch embedding, whose inputs are ordered (channel, frame, row, column) there and
 * (frame, row, column, channel) here.
 */
function inputOrder(spec: ParameterSpec): (input: number) => number {
  if (spec.name !== "encoder.patchEmbedding.weight") return (input) => input;
  const perChannel = spec.shape[0] / 3;
  return (input) => (input % perChannel) * 3 + Math.floor(input / perChannel);
}

/** Our values of one tensor, laid out as PyTorch does. */
function toLayout(spec: ParameterSpec, values: Float32Array): Float32Array {
  if (spec.shape.length === 1) return values;
  const [inputs, outputs] = spec.shape;
  const order = inputOrder(spec);
  const out = new Float32Array(values.length);
  for (let i = 0; i < inputs; i++) {
    const from = order(i) * outputs;
    for (let o = 0; o < outputs; o++) out[o * inputs + i] = values[from + o];
  }
  return out;
}

/** PyTorch's values of one tensor, laid out as ours. */
function fromLayout(spec: ParameterSpec, values: Float32Array): Float32Array {
  if (spec.shape.length === 1) return values;
  const [inputs, outputs] = spec.shape;
  const order = inputOrder(spec);
  const out = new Float32Array(values.length);
  for (let i = 0; i < inputs; i++) {
    const to = order(i) * outputs;
    for (let o = 0; o < outputs; o++) out[to + o] = values[o * inputs + i];
  }
  return out;
}

/** A tensor of a model (weight, gradient or moment) in PyTorch's shape and layout. */
export function toPyTorchTensor(
  spec: ParameterSpec,
  values: Float32Array,
  geometry: ClipGeometry,
): PyTorchTensor {
  return { shape: pytorchShape(spec, geometry), values: toLayout(spec, values) };
}

/**
 * Our values of a tensor in PyTorch's layout.
 *
 * @throws {RangeError} if it has another shape
 */
export function fromPyTorchTensor(
  spec: ParameterSpec,
  tensor: PyTorchTensor,
  geometry: ClipGeometry,
): Float32Array {
  const shape = pytorchShape(spec, geometry);
  if (tensor.shape.join() !== shape.join()) {
    throw new RangeError(
      `Cannot load weights: "${spec.name}" must have the shape [${shape}], got [${tensor.shape}]`,
    );
  }
  return fromLayout(spec, tensor.values);
}

/** Tensors of a model under PyTorch's names and in its layouts. */
export function toPyTorch(
  specs: readonly ParameterSpec[],
  values: HostTensors,
  geometry: ClipGeometry,
  network: NetworkKind,
): Map<string, PyTorchTensor> {
  return new Map(specs.map((spec) => [
    pytorchName(spec.name, network),
    toPyTorchTensor(spec, values.get(spec.name)!, geometry),
  ]));
}

/**
 * Tensors of a model from PyTorch's names and layouts.
 *
 * @throws {RangeError} if a tensor is missing or has another shape
 */
export function fromPyTorch(
  specs: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, PyTorchTensor>,
  geometry: ClipGeometry,
  network: NetworkKind,
): Map<string, Float32Array> {
  return new Map(specs.map((spec) => {
    const name = pytorchName(spec.name, network);
    const tensor = tensors.get(name);
    if (!tensor) throw new RangeError(`Cannot load weights: tensor "${name}" is missing`);
    return [spec.name, fromPyTorchTensor(spec, tensor, geometry)];
  }));
}
