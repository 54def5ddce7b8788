import { rotary } from "../positions/rotary.ts";
import type { UnseenFacts } from "./known_model.ts";

/** Defaults of Hugging Face's V-JEPA 2 for fields that `config.json` lacks. */
const DEFAULTS = {
  crop_size: 256,
  frames_per_clip: 64,
  in_chans: 3,
  num_attention_heads: 16,
  layer_norm_eps: 1e-6,
  hidden_act: "gelu",
  qkv_bias: true,
};

/** Fields that must have a certain value here, and why. */
const FIXED = [
  ["in_chans", 3, "frames are RGB"],
  ["hidden_act", "gelu", "the hidden layers of blocks use it"],
  ["qkv_bias", true, "queries, keys and values have biases"],
] as const;

const POSITIVE = ["crop_size", "frames_per_clip", "num_attention_heads", "layer_norm_eps"] as const;

/**
 * What a configuration of Hugging Face's V-JEPA 2 says of the encoder.
 *
 * @param name name for messages
 * @throws {RangeError} if it describes an unsupported model
 */
export function parseVjepaConfig(
  json: Partial<typeof DEFAULTS>,
  name: string,
): UnseenFacts {
  const config = { ...DEFAULTS, ...json };
  const refuse = (field: keyof typeof DEFAULTS, rule: string) => {
    throw new RangeError(
      `Cannot read configuration ${name}: ${field} must be ${rule}, got ${config[field]}`,
    );
  };
  for (const [field, value, reason] of FIXED) {
    if (config[field] !== value) refuse(field, `${value} (${reason})`);
  }
  for (const field of POSITIVE) {
    if (!(typeof config[field] === "number" && config[field] > 0)) refuse(field, "above 0");
  }
  return {
    heads: config.num_attention_heads,
    decoderHeads: null,
    imageSize: config.crop_size,
    frames: config.frames_per_clip,
    normEpsilon: config.layer_norm_eps,
    headNormEpsilon: null,
    decoderFinalNormEpsilon: null,
    labels: null,
    positions: rotary(),
  };
}
