import * as tf from "@tensorflow/tfjs-core";
import {
  type Descriptor,
  type Device,
  Parameters,
  type RandomStream,
  randomStream,
  type Registry,
  tidy,
  tokenGrid,
} from "@videoms/core";
import type { RawClips } from "@videoms/data";
import { allTokens, type FrameSelector, type TokenSelection } from "@videoms/masking";
import {
  type PixelChange,
  planEncoderWeights,
  readPlannedValues,
  VideoEncoder,
  type WeightReport,
} from "@videoms/models";
import { classifierInput, disposeInput } from "@videoms/studio/classify";
import type { EncoderWeights } from "../../definition/probe_task.ts";
import { encoderOptionsOf, type EncoderTask, openEncoderSource } from "./encoder_source.ts";
import { type DeviceChoice, openTaskDevice } from "../network/task_device.ts";
import { namingFile } from "../weights/open_weights.ts";

/** Features of clips; the caller disposes of the tensors. */
export interface ClipFeatures {
  /** Of each token that was looked at, [B, K, D]. */
  tokens: tf.Tensor3D;
  /** Of the clips, [B, D]. */
  pooled: tf.Tensor2D;
  /** int32 [B, K], the tokens that were looked at, ascending. */
  kept: tf.Tensor2D;
}

/** An encoder that is not trained. */
export interface FrozenEncoder extends AsyncDisposable {
  readonly task: EncoderTask;
  /** Closed with it. */
  readonly device: Device;
  readonly model: VideoEncoder;
  readonly parameters: Parameters;
  readonly selector: FrameSelector;
  readonly tokens: TokenSelection;
  /** How tokens are chosen, as plain JSON. */
  readonly tokensDescriptor: Descriptor<"tokens">;
  readonly width: number;
  readonly checkpoint: { readonly path: string; readonly step: number };
  readonly report: WeightReport;
  /**
   * Features of clips.
   *
   * @param clips u8, row-major [B, T, H, W, 3], T what the frame selector asks for
   * @param training chance of the clips; without it there is none
   */
  features(clips: RawClips, training?: TrainingChance): Promise<ClipFeatures>;
}

/** What differs where something is trained on the features. */
export interface TrainingChance {
  random: readonly RandomStream[];
  /** What is done to the pixels before tokens are chosen. @default nothing */
  change?: PixelChange;
}

/** How an encoder is opened; on which device, where that is to be otherwise than its task says. */
export interface OpenEncoderOptions extends DeviceChoice {
  weights?: EncoderWeights;
  /** Which tokens it looks at. @default as the fine-tuning that it comes from, else all */
  tokens?: Descriptor<"tokens">;
  /** Which frames it looks at. @default as the task that it comes from */
  frames?: Descriptor<"frames">;
}

function tokensOf(task: EncoderTask, wanted?: Descriptor<"tokens">): Descriptor<"tokens"> {
  return wanted ?? (task.kind === "finetune" ? task.tokens : allTokens());
}

/**
 * Opens the encoder of a pre-training or fine-tuning run, of one of its checkpoint files, or of weights
 * of PyTorch or Hugging Face. A run's lock is not taken: it may be at work.
 *
 * @param from run folder, file of weights or folder of Hugging Face
 * @throws {Error} if there is no such run or checkpoint
 * @throws {RangeError} if the checkpoint does not hold the encoder that its task describes, or the
 * choice of tokens does not fit its clips
 */
export async function openEncoder(
  from: string,
  registry: Registry,
  { weights = "last", tokens: wanted, frames, ...choice }: OpenEncoderOptions = {},
): Promise<FrozenEncoder> {
  using source = await openEncoderSource(from, weights === "average");
  const { task, path, step } = source;
  const options = encoderOptionsOf(task, registry);
  const { geometry } = options;
  const tokensDescriptor = registry.describe(tokensOf(task, wanted)) as Descriptor<"tokens">;
  const tokens = registry.create<TokenSelection>(tokensDescriptor);
  tokens.count(tokenGrid(geometry));
  const selector = registry.create<FrameSelector>(frames ?? task.frames);
  selector.candidateFrames(geometry);
  try {
    await using resources = new AsyncDisposableStack();
    const device = resources.use(await openTaskDevice(task, choice));
    const model = new VideoEncoder(options);
    resources.defer(() => model.dispose());
    const plan = planEncoderWeights(source.tensors, model);
    const { specs } = model;
    const values = await readPlannedValues(plan, source.tensors, { specs, geometry });
    const parameters = new Parameters(specs, values);
    resources.defer(() => parameters.dispose());
    const owned = resources.move();
    const context = { model, parameters, selector, tokens };
    return {
      ...context,
      task,
      device,
      tokensDescriptor,
      width: options.encoder.width,
      checkpoint: { path, step },
      report: plan.report,
      features: (clips, training) => clipFeatures(context, clips, training),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    throw namingFile(error, path);
  }
}

async function clipFeatures(
  context: Pick<FrozenEncoder, "model" | "parameters" | "selector" | "tokens">,
  clips: RawClips,
  training?: TrainingChance,
): Promise<ClipFeatures> {
  const { model, parameters } = context;
  const phase = training ? "train" : "test";
  // Nothing is left to chance in tests; what chooses is handed streams all the same.
  const random = training?.random ??
    Array.from({ length: clips.batch }, (_, b) => randomStream(0, "unused", b));
  const input = await classifierInput(context, clips, phase, random, training?.change);
  try {
    return tidy(() => {
      const features = model.features(parameters, input.patches, input.kept);
      return { ...features, kept: tf.clone(input.kept) };
    });
  } finally {
    disposeInput(input);
  }
}
