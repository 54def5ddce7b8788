import type * as tf from "@tensorflow/tfjs-core";
import type {
  AdamWChange,
  AdamWKernel,
  AdamWSubject,
  LossScaleState,
  Moments,
  OptimizerStatus,
} from "../optimizer/adamw_kernel.ts";
import {
  adamwShader,
  addShader,
  judgeShader,
  Numbers,
  PARTIAL_SUMS,
  squaresShader,
  Status,
  THREADS,
} from "./adamw_shaders.ts";
import { Arena, type ArenaLayout, arenaLayout, BLOCK } from "./arena.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import type { LossScale } from "./loss_scale.ts";
import { HalfWeights } from "./half_weights.ts";
import { flatGrid, type Shader } from "./shader.ts";

/** Options of {@linkcode gpuAdamW}. */
export interface GpuAdamWOptions {
  /** Maximum buffer size in bytes. @default the device's binding limit */
  chunkBytes?: number;
  /** Loss scale of half-precision gradients within blocks; updated by each step. @default null */
  lossScale?: LossScale | null;
}

/**
 * AdamW on the GPU. Weights, gradients, moments and EMA are in arenas, so a step is two dispatches for the
 * norm and one for the rest, however many parameters there are.
 *
 * The parameters and their EMA stay in the arenas until the kernel is disposed of, and tensors that share a
 * parameter's values (`tf.clone`, `tf.reshape`) change with it.
 */
export function gpuAdamW(
  queue: GpuQueue,
  subject: AdamWSubject,
  options: GpuAdamWOptions = {},
): AdamWKernel {
  return new GpuAdamW(queue, subject, options);
}

class GpuAdamW implements AdamWKernel {
  readonly #queue: GpuQueue;
  readonly #subject: AdamWSubject;
  readonly #layout: ArenaLayout;
  readonly #weights: Arena;
  readonly #gradients: Arena;
  /** Gradients of another micro-batch, until they are added. */
  #addends: Arena | null = null;
  readonly #first: Arena;
  readonly #second: Arena;
  readonly #ema: Arena | null;
  readonly #halves: HalfWeights | null;
  /** Learning rate and weight decay factors of each block, by chunk. */
  readonly #rules: tf.TensorInfo[];
  readonly #partial: tf.TensorInfo;
  readonly #numbers: tf.TensorInfo;
  readonly #status: tf.TensorInfo;
  /** The loss of the step, in its own buffer, since bind groups are cached by buffer. */
  readonly #loss: tf.TensorInfo;
  readonly #shader: Shader;
  readonly #judge: Shader;
  readonly #lossScale: LossScale | null;
  #parts = 0;

  constructor(queue: GpuQueue, subject: AdamWSubject, options: GpuAdamWOptions) {
    const { memory, device: { limits } } = queue;
    const { parameters, ema, betas, epsilon } = subject;
    const { chunkBytes, lossScale = null } = options;
    const maxBytes = chunkBytes ??
      Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    this.#queue = queue;
    this.#subject = subject;
    this.#layout = arenaLayout(parameters.specs, maxBytes);
    const arena = () => new Arena(memory, this.#layout);
    this.#weights = arena();
    this.#weights.adopt(parameters, (name) => this.#halves?.noteWrite(name));
    // Where matrix units multiply, weights are rounded in any case.
    const areRounded = lossScale !== null && queue.matrixUnits.length > 0;
    this.#halves = areRounded ? new HalfWeights(queue, this.#layout, parameters) : null;
    this.#ema = ema && arena();
    this.#ema?.adopt(ema!.parameters);
    this.#gradients = arena();
    this.#first = arena();
    this.#second = arena();
    this.#rules = this.#ruleTables();
    this.#partial = memory.reserve(PARTIAL_SUMS * this.#layout.chunks.length);
    this.#numbers = memory.reserve(Numbers.count);
    this.#status = memory.reserve(Status.count);
    this.#loss = memory.reserve(1);
    this.#lossScale = lossScale;
    this.#judge = judgeShader(lossScale !== null);
    this.#shader = adamwShader({
      betas,
      epsilon,
      hasAverage: ema !== null,
      hasHalves: areRounded,
    });
  }

  #ruleTables(): tf.TensorInfo[] {
    const { memory } = this.#queue;
    const tables = this.#layout.chunks.map((values) => new Float32Array(2 * values / BLOCK));
    for (const [name, { chunk, start, size }] of this.#layout.slots) {
      const { rateScale, decayScale } = this.#subject.rules.get(name)!;
      for (let block = start / BLOCK; block < (start + size) / BLOCK; block++) {
        tables[chunk].set([rateScale, decayScale], 2 * block);
      }
    }
    return tables.map((table) => {
      const info = memory.reserve(table.length);
      memory.write(memory.rangeOf(info), table);
      return info;
    });
  }

  accumulate(gradients: ReadonlyMap<string, tf.Tensor>, parts: number): void {
    const isFirst = this.#parts === 0;
    this.#parts += parts;
    const arena = isFirst
      ? this.#gradients
      : this.#addends ??= new Arena(this.#queue.memory, this.#layout);
    for (const name of this.#layout.slots.keys()) {
      this.#queue.copy(gradients.get(name)!, arena.range(name));
    }
    if (isFirst) return;
    this.#eachChunk((chunk, vectors) =>
      this.#runOver(addShader, vectors, [this.#gradients.chunks[chunk], arena.chunks[chunk]])
    );
  }

  step(change: AdamWChange): void {
    const queue = this.#queue;
    const { memory } = queue;
    if (change.loss) memory.copy(change.loss, memory.rangeOf(this.#loss));
    else memory.write(memory.rangeOf(this.#loss), new Float32Array(1));
    this.#writeNumbers(change);
    this.#eachChunk((chunk, vectors) => {
      const groups = Math.min(PARTIAL_SUMS, Math.ceil(vectors / THREADS));
      const tensors = [this.#gradients.chunks[chunk], this.#partial];
      queue.run(squaresShader, tensors, [vectors, chunk * PARTIAL_SUMS], [groups, 1, 1]);
    });
    const partials = PARTIAL_SUMS * this.#layout.chunks.length;
    const judged = [this.#partial, this.#loss, this.#numbers, this.#status];
    if (this.#lossScale) judged.push(this.#lossScale.numbers);
    queue.run(this.#judge, judged, [partials], [1, 1, 1]);
    this.#eachChunk((chunk, vectors) =>
      this.#runOver(this.#shader, vectors, [
        this.#gradients.chunks[chunk],
        this.#rules[chunk],
        this.#numbers,
        this.#status,
        this.#weights.chunks[chunk],
        this.#first.chunks[chunk],
        this.#second.chunks[chunk],
        ...(this.#ema ? [this.#ema.chunks[chunk]] : []),
        ...(this.#halves ? [this.#halves.chunks[chunk]] : []),
      ])
    );
    queue.flush(); // the GPU may start; nothing else is recorded for a while
    this.#parts = 0;
  }

  /** Numbers that never recur would only fill the uniform cache, so they have a buffer. */
  #writeNumbers(
    { learningRate, weightDecay, emaDecay, clipGradient, step }: AdamWChange,
  ): void {
    const { betas: [beta1, beta2], ema } = this.#subject;
    const kept = emaDecay ?? ema?.decay ?? 1;
    const numbers = new Float32Array(Numbers.count);
    numbers[Numbers.rate] = learningRate;
    numbers[Numbers.decay] = weightDecay;
    numbers[Numbers.firstCorrection] = 1 / (1 - beta1 ** (step + 1));
    numbers[Numbers.secondCorrection] = 1 / (1 - beta2 ** (step + 1));
    numbers[Numbers.limit] = clipGradient ?? -1;
    numbers[Numbers.share] = 1 / this.#parts;
    numbers[Numbers.step] = step;
    numbers[Numbers.averageKept] = kept;
    numbers[Numbers.averageMoved] = 1 - kept;
    const { memory } = this.#queue;
    memory.write(memory.rangeOf(this.#numbers), numbers);
  }

  #eachChunk(visit: (chunk: number, vectors: number) => void): void {
    this.#layout.chunks.forEach((values, chunk) => visit(chunk, values / 4));
  }

  /** One thread for each vector. */
  #runOver(shader: Shader, vectors: number, tensors: readonly tf.TensorInfo[]): void {
    this.#queue.run(shader, tensors, [vectors], flatGrid(Math.ceil(vectors / THREADS)));
  }

  async status(): Promise<OptimizerStatus> {
    const { memory } = this.#queue;
    const range = memory.rangeOf(this.#status);
    const [status, lossScale] = await Promise.all([memory.read(range), this.readLossScale()]);
    const gradientNorm = status[Status.gradientNorm];
    if (status[Status.failed] === 0) return { gradientNorm, failure: null, lossScale };
    memory.write(range, new Float32Array(Status.count));
    const failure = {
      step: status[Status.failedStep],
      loss: status[Status.failedLoss],
      gradientNorm: status[Status.failedNorm],
    };
    return { gradientNorm, failure, lossScale };
  }

  async readLossScale(): Promise<LossScaleState | null> {
    return await this.#lossScale?.read() ?? null;
  }

  writeLossScale(state: LossScaleState): void {
    this.#lossScale?.write(state);
  }

  async readMoments(name: string): Promise<Moments> {
    const { memory } = this.#queue;
    const arenas = [this.#first, this.#second];
    const [first, second] = await Promise.all(arenas.map((one) => memory.read(one.range(name))));
    return { first, second };
  }

  writeMoments(name: string, { first, second }: Moments): void {
    const { memory } = this.#queue;
    memory.write(this.#first.range(name), first as Float32Array<ArrayBuffer>);
    memory.write(this.#second.range(name), second as Float32Array<ArrayBuffer>);
  }

  dispose(): void {
    const { memory } = this.#queue;
    this.#halves?.dispose();
    this.#weights.dispose(this.#subject.parameters);
    this.#ema?.dispose(this.#subject.ema!.parameters);
    for (const arena of [this.#gradients, this.#addends, this.#first, this.#second]) {
      arena?.dispose();
    }
    for (const info of [...this.#rules, this.#partial, this.#numbers, this.#status, this.#loss]) {
      memory.release(info);
    }
  }
}
