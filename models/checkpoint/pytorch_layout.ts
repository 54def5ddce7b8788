import type { ClipGeometry, HostTensors, ParameterSpec } from "@videoms/core";

/**
 * Tensor names and layouts of the PyTorch implementations of VideoMAE. Checkpoints are stored in them, so
 * other tools can read them.
 */

/** A tensor in PyTorch's layout. */
export interface PyTorchTensor {
  /** Sides, slowest first. */
  shape: readonly number[];
  /** Values, row-major. */
  values: Float32Array;
}

/** A network with an encoder, which the two name differently. */
export type EncoderNetwork = "pretrain" | "classifier";

/** The network that a set of tensors belongs to. Probes have no PyTorch counterpart and keep our names. */
export type NetworkKind = EncoderNetwork | "probe";

const BLOCK_NAMES: Readonly<Record<string, string>> = {
  "attentionGamma": "gamma_1",
  "mlpGamma": "gamma_2",
  "attentionNorm.weight": "norm1.weight",
  "attentionNorm.bias": "norm1.bias",
  "attention.queryNorm.weight": "attn.q_norm.weight",
  "attention.queryNorm.bias": "attn.q_norm.bias",
  "attention.keyNorm.weight": "attn.k_norm.weight",
  "attention.keyNorm.bias": "attn.k_norm.bias",
  "attention.queryBias": "attn.q_bias",
  "attention.keyBias": "attn.k_bias",
  "attention.valueBias": "attn.v_bias",
  "attention.qkvWeight": "attn.qkv.weight",
  "attention.output.weight": "attn.proj.weight",
  "attention.output.bias": "attn.proj.bias",
  "mlpNorm.weight": "norm2.weight",
  "mlpNorm.bias": "norm2.bias",
  "mlp.expand.weight": "mlp.fc1.weight",
  "mlp.expand.bias": "mlp.fc1.bias",
  "mlp.contract.weight": "mlp.fc2.weight",
  "mlp.contract.bias": "mlp.fc2.bias",
};

/** Learned positions of an encoder or a decoder. */
const POSITIONS: Readonly<Record<string, string>> = {
  "positions.table": "pos_embed",
  "positions.space": "pos_embed_spatial",
  "positions.time": "pos_embed_temporal",
};

/** Whether a tensor of ours is one of positions, which may be resized. */
export function isPositions(name: string): boolean {
  return name.replace(/^(encoder|decoder)\./, "") in POSITIONS;
}

/** Whether a matrix of ours holds rows of tokens, which PyTorch does not transpose. */
function isRows({ name }: ParameterSpec): boolean {
  return isPositions(name) || name === "encoder.registers";
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  "maskToken": "mask_token",
  "encoder.classToken": "encoder.cls_token",
  "encoder.registers": "encoder.register_tokens",
  "encoder.patchEmbedding.weight": "encoder.patch_embed.proj.weight",
  "encoder.patchEmbedding.bias": "encoder.patch_embed.proj.bias",
  "encoder.norm.weight": "encoder.norm.weight",
  "encoder.norm.bias": "encoder.norm.bias",
  "decoder.norm.weight": "decoder.norm.weight",
  "decoder.norm.bias": "decoder.norm.bias",
  "decoder.head.weight": "decoder.head.weight",
  "decoder.head.bias": "decoder.head.bias",
  "bridge.weight": "encoder_to_decoder.weight",
  "headNorm.weight": "fc_norm.weight",
  "headNorm.bias": "fc_norm.bias",
  "head.weight": "head.weight",
  "head.bias": "head.bias",
};

/**
 * The PyTorch name of a tensor.
 *
 * @throws {RangeError} if there is none
 */
export function pytorchName(name: string, network: NetworkKind): string {
  // Probe files have always named a norm's tensors "scale" and "offset".
  if (network === "probe") {
    return name.replace(/Norm\.weight$/, "Norm.scale").replace(/Norm\.bias$/, "Norm.offset");
  }
  const block = /^(encoder|decoder)\.blocks\.(\d+)\.(.+)$/.exec(name);
  // Blocks of custom backbones keep their names.
  const inBlock = block && (BLOCK_NAMES[block[3]] ?? block[3]);
  const [, stack, rest] = /^(encoder|decoder)\.(positions\..+)$/.exec(name) ?? [];
  const full = inBlock
    ? `${block[1]}.blocks.${block[2]}.${inBlock}`
    : rest
    ? `${stack}.${POSITIONS[rest] ?? rest}`
    : OTHER_NAMES[name];
  if (full === undefined) {
    throw new RangeError(
      `Cannot convert weights: a tensor must have a PyTorch name, got "${name}"`,
    );
  }
  return network === "classifier" ? full.replace(/^encoder\./, "") : full;
}

/** A tensor's shape in PyTorch's layout. */
export function pytorchShape(spec: ParameterSpec, geometry: ClipGeometry): readonly number[] {
  if (/^(maskToken|encoder\.classToken)$/.test(spec.name)) return [1, 1, ...spec.shape];
  if (isRows(spec)) return [1, ...spec.shape];
  if (spec.shape.length === 1) return spec.shape;
  const [inputs, outputs] = spec.shape;
  if (spec.name !== "encoder.patchEmbedding.weight") return [outputs, inputs];
  const { tubeletSize, patchSize } = geometry;
  return [outputs, 3, tubeletSize, patchSize, patchSize];
}

/**
 * Maps input indices of a PyTorch tensor [outputs, …] to ours: the identity, except for the patch embedding,
 * whose inputs are ordered (channel, frame, row, column) there and (frame, row, column, channel) here.
 */
function inputOrder(spec: ParameterSpec): (input: number) => number {
  if (spec.name !== "encoder.patchEmbedding.weight") return (input) => input;
  const perChannel = spec.shape[0] / 3;
  return (input) => (input % perChannel) * 3 + Math.floor(input / perChannel);
}

/** Converts one tensor's values to PyTorch's layout. */
function toLayout(spec: ParameterSpec, values: Float32Array): Float32Array {
  if (spec.shape.length === 1 || isRows(spec)) return values;
  const [inputs, outputs] = spec.shape;
  const order = inputOrder(spec);
  const out = new Float32Array(values.length);
  for (let i = 0; i < inputs; i++) {
    const from = order(i) * outputs;
    for (let o = 0; o < outputs; o++) out[o * inputs + i] = values[from + o];
  }
  return out;
}

/** Converts one tensor's values from PyTorch's layout. */
function fromLayout(spec: ParameterSpec, values: Float32Array): Float32Array {
  if (spec.shape.length === 1 || isRows(spec)) return values;
  const [inputs, outputs] = spec.shape;
  const order = inputOrder(spec);
  const out = new Float32Array(values.length);
  for (let i = 0; i < inputs; i++) {
    const to = order(i) * outputs;
    for (let o = 0; o < outputs; o++) out[to + o] = values[o * inputs + i];
  }
  return out;
}

/** Converts a tensor of a model (weight, gradient or moment) to PyTorch's shape and layout. */
export function toPyTorchTensor(
  spec: ParameterSpec,
  values: Float32Array,
  geometry: ClipGeometry,
): PyTorchTensor {
  return { shape: pytorchShape(spec, geometry), values: toLayout(spec, values) };
}

/**
 * Converts a tensor from PyTorch's layout.
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

/** Converts a model's tensors to PyTorch's names and layouts. */
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
 * Converts a model's tensors from PyTorch's names and layouts.
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
    if (!tensor) {
      throw new RangeError(`Cannot load weights: they must have a tensor "${name}", got none`);
    }
    return [spec.name, fromPyTorchTensor(spec, tensor, geometry)];
  }));
}
