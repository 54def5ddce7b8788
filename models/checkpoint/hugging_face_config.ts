import { parseVjepaConfig } from "./v_jepa_config.ts";
import { LAYER_NORM_DEFAULT, type UnseenFacts } from "./known_model.ts";
import type { WholeModel } from "./whole_model.ts";

/** Defaults of Hugging Face's VideoMAE for fields that `config.json` lacks. */
const DEFAULTS = {
  image_size: 224,
  patch_size: 16,
  num_channels: 3,
  num_frames: 16,
  tubelet_size: 2,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "gelu",
  layer_norm_eps: 1e-12,
  qkv_bias: true,
  use_mean_pooling: true,
  decoder_num_attention_heads: 6,
};

/** The fields of a `config.json` that determine a model here. */
type Config = typeof DEFAULTS & { model_type: string; id2label?: Record<string, string> };

/** Fields that must have a certain value here, and why. */
const FIXED: readonly (readonly [keyof Config, unknown, string])[] = [
  ["model_type", "videomae", "other models have other tensors"],
  ["num_channels", 3, "frames are RGB"],
  ["hidden_act", "gelu", "the hidden layers of blocks use it"],
  ["qkv_bias", true, "queries and values have biases"],
];

const COUNTS = [
  "image_size",
  "num_frames",
  "num_attention_heads",
  "decoder_num_attention_heads",
] as const;

function labelsOf(id2label: Record<string, string> | undefined): string[] | null {
  if (typeof id2label !== "object" || id2label === null) return null;
  return Object.keys(id2label).map(Number).sort((a, b) => a - b).map((id) => String(id2label[id]));
}

/**
 * Reads a `config.json` of Hugging Face's VideoMAE or V-JEPA 2.
 *
 * @param name name for messages
 * @throws {TypeError} if it is not one
 * @throws {RangeError} if it describes an unsupported model
 */
export function parseConfig(json: string, name: string): UnseenFacts {
  let config: Config;
  try {
    const parsed = JSON.parse(json);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Error();
    if (parsed.model_type === "vjepa2") return parseVjepaConfig(parsed, name);
    config = { ...DEFAULTS, ...parsed };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new TypeError(`Cannot read configuration ${name}: it must be a JSON object`);
  }
  for (const [field, value, reason] of FIXED) {
    if (config[field] === value) continue;
    throw new RangeError(
      `Cannot read configuration ${name}: ${field} must be ${value} (${reason}), got ${
        config[field]
      }`,
    );
  }
  for (const field of COUNTS) {
    if (Number.isSafeInteger(config[field]) && config[field] > 0) continue;
    throw new RangeError(
      `Cannot read configuration ${name}: ${field} must be a positive whole number, got ${
        config[field]
      }`,
    );
  }
  if (!(typeof config.layer_norm_eps === "number" && config.layer_norm_eps > 0)) {
    throw new RangeError(
      `Cannot read configuration ${name}: layer_norm_eps must be above 0, got ${config.layer_norm_eps}`,
    );
  }
  return {
    headNormEpsilon: LAYER_NORM_DEFAULT,
    decoderFinalNormEpsilon: LAYER_NORM_DEFAULT,
    heads: config.num_attention_heads,
    decoderHeads: config.decoder_num_attention_heads,
    imageSize: config.image_size,
    frames: config.num_frames,
    normEpsilon: config.layer_norm_eps,
    labels: labelsOf(config.id2label),
    positions: null,
  };
}

/**
 * Writes the `config.json` of a model for Hugging Face's VideoMAE.
 *
 * @throws {RangeError} for positions that it does not have
 */
export function formatConfig(model: WholeModel): string {
  const { positions, mlp, tubeletSize } = model;
  if (mlp !== "gelu" || tubeletSize === null) {
    const got = mlp === "gelu" ? "those of images" : `an MLP of the kind "${mlp}"`;
    throw new RangeError(
      `Cannot convert weights: Hugging Face's VideoMAE must have GELU and tubelets, got ${got}`,
    );
  }
  if (positions && positions.name !== "sine-cosine") {
    throw new RangeError(
      "Cannot convert weights: positions of Hugging Face's VideoMAE must be those of the plugin " +
        `"sine-cosine", got "${positions.name}"`,
    );
  }
  const { width, mlpRatio, decoderWidth, decoderDepth, network, classes, meanPooling } = model;
  const labels = Array.from(
    { length: classes ?? 0 },
    (_, id) => model.labels?.[id] ?? `LABEL_${id}`,
  );
  const architecture = network === "pretrain" ? "ForPreTraining" : "ForVideoClassification";
  const isWhole = network === "pretrain" ? decoderWidth !== null : classes !== null;
  const config = {
    architectures: [`VideoMAE${isWhole ? architecture : "Model"}`],
    model_type: "videomae",
    image_size: model.imageSize,
    patch_size: model.patchSize,
    num_channels: 3,
    num_frames: model.frames,
    tubelet_size: model.tubeletSize,
    hidden_size: width,
    num_hidden_layers: model.depth,
    num_attention_heads: model.heads,
    intermediate_size: Math.trunc(width * mlpRatio),
    hidden_act: "gelu",
    layer_norm_eps: model.normEpsilon ?? 1e-6,
    qkv_bias: true,
    use_mean_pooling: network === "classifier" && (meanPooling || classes === null),
    ...classes === null ? {} : {
      id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
      label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    },
    ...decoderWidth === null ? {} : {
      decoder_hidden_size: decoderWidth,
      decoder_num_hidden_layers: decoderDepth,
      decoder_num_attention_heads: model.decoderHeads,
      decoder_intermediate_size: Math.trunc(decoderWidth * mlpRatio),
    },
  };
  return JSON.stringify(config, null, 2) + "\n";
}
