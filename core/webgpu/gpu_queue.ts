import * as tf from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { AdapterSummary, GpuChoice } from "./adapter_summary.ts";
import { type BackendParts, backendParts } from "./backend_parts.ts";
import { type BufferRange, GpuMemory } from "./gpu_memory.ts";
import { GpuProfile, type KernelTime } from "./gpu_profile.ts";
import { bufferId } from "./buffer_pool.ts";
import { type MatrixUnit, matrixUnitsOf, subgroupSizeOf } from "./matrix/matrix_unit.ts";
import { type Shader, shaderCode } from "./shader.ts";
import type { ValueType } from "./value_type.ts";

export type { BufferRange } from "./gpu_memory.ts";

/** Commands between submits; a larger number holds freed buffers longer. */
const SUBMIT_BATCH = 64;

/** Size at which the caches of uniform buffers and bind groups are cleared. */
const CACHE_LIMIT = 8192;

interface Pipeline {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  id: number;
}

/** What a dispatch runs on, made once. */
interface Binding {
  readonly pipeline: Pipeline;
  readonly ranges: readonly BufferRange[];
  readonly uniforms: readonly number[];
  readonly group: GPUBindGroup;
  /** That of the dispatch which came next the last time: as a rule it does again. */
  next: Binding | null;
}

function isEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Counts of recorded work, for benchmarks and tests. */
export interface QueueCounts {
  /** Dispatches of our own kernels. */
  dispatches: number;
  /** Compute pipelines that were compiled. */
  pipelines: number;
  /** Bind groups that were made; a steady loop makes none. */
  bindGroups: number;
  /** Bytes of buffers that tfjs has allocated, used or not. */
  allocatedBytes: number;
  /** Those of them that tensors have. */
  usedBytes: number;
}

/**
 * Records our own kernels in the command stream of tfjs's WebGPU backend, in order with stock operations.
 * Pipelines, uniform buffers and bind groups are cached: tfjs recycles buffers by size, so a loop of equal
 * steps reuses them and a dispatch costs a few microseconds of JavaScript.
 */
export class GpuQueue {
  readonly #backend: BackendParts;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #uniforms = new Map<string, GPUBuffer>();
  readonly #bindings = new Map<string, Binding>();
  #last: Binding | null = null;
  /** Memory of tensors. */
  readonly memory: GpuMemory;
  /** Facts about the adapter. */
  readonly adapter: AdapterSummary;
  /** The WebGPU implementation. */
  readonly gpu: GpuChoice;
  /** Threads of every subgroup, or null if shaders cannot use subgroups. */
  readonly subgroupSize: number | null;
  /** The device's matrix units, the most capable first; empty if it has none. */
  readonly matrixUnits: readonly MatrixUnit[];
  #counts = { dispatches: 0, pipelines: 0, bindGroups: 0 };
  #profile: GpuProfile | null = null;

  /**
   * Overrides the backend's memory and buffer order.
   *
   * @param adapter facts about the backend's adapter
   * @param failure the GPU's failure so far
   * @param mayUseMatrixUnits whether kernels may use its matrix units
   * @throws {Error} if the backend is not that of tfjs 4.22.0
   */
  constructor(
    backend: WebGPUBackend,
    adapter: AdapterSummary,
    failure: () => Error | null,
    mayUseMatrixUnits = true,
  ) {
    this.#backend = backendParts(backend);
    this.memory = new GpuMemory(this.#backend, () => this.flush(), failure);
    this.adapter = adapter;
    this.gpu = adapter.gpu;
    this.subgroupSize = subgroupSizeOf(this.device);
    this.matrixUnits = mayUseMatrixUnits ? matrixUnitsOf(this.device, adapter) : [];
  }

  /** The device. */
  get device(): GPUDevice {
    return this.#backend.device;
  }

  /** Counts of recorded work. */
  counts(): QueueCounts {
    const { numBytesAllocated: allocatedBytes, numBytesUsed: usedBytes } =
      this.#backend.bufferManager;
    return { ...this.#counts, allocatedBytes, usedBytes };
  }

  /** A new tensor with uninitialised values. */
  tensor<T extends tf.Tensor>(shape: readonly number[], type: ValueType | "int32" = "f32"): T {
    const info = type === "f16"
      ? this.memory.half(shape)
      : this.#backend.makeTensorInfo([...shape], type === "int32" ? "int32" : "float32");
    return tf.engine().makeTensorFromTensorInfo(info) as T;
  }

  /** How a tensor's values are stored. */
  typeOf(tensor: tf.TensorInfo): ValueType {
    return this.memory.isHalf(tensor) ? "f16" : "f32";
  }

  /**
   * Records a dispatch.
   *
   * @param tensors one per binding of the shader; written tensors must be bound only once
   * @param uniforms one per uniform of the shader
   * @param grid workgroups per axis
   */
  run(
    shader: Shader,
    tensors: readonly tf.TensorInfo[],
    uniforms: readonly number[],
    grid: readonly [number, number, number],
  ): void {
    if (grid[0] === 0 || grid[1] === 0 || grid[2] === 0) return;
    const backend = this.#backend;
    const ranges: BufferRange[] = [];
    for (let i = 0; i < tensors.length; i++) {
      ranges.push(this.memory.use(tensors[i], shader.bindings[i].access === "write"));
    }
    const { group, pipeline } = this.#bindingOf(shader, ranges, uniforms);
    backend.ensureCommandEncoderReady();
    if (this.#profile) backend.endComputePassEncoder();
    const pass = backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass(
      this.#profile?.pass(shader.key),
    );
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    if (this.#profile) backend.endComputePassEncoder();
    this.#counts.dispatches++;
    if (++backend.dispatchCountInPass >= SUBMIT_BATCH) this.flush();
  }

  /** Copies the values of a tensor into part of a buffer, on the device. */
  copy(from: tf.TensorInfo, to: BufferRange): void {
    this.memory.copy(from, to);
  }

  /**
   * Times every dispatch from here on, in a pass of its own, until {@linkcode GpuQueue.endProfile}.
   *
   * @throws {Error} if the GPU has no timestamps
   */
  beginProfile(): void {
    this.#profile = new GpuProfile(this.device);
  }

  /** GPU times by kind of kernel since {@linkcode GpuQueue.beginProfile}; waits for the GPU. */
  async endProfile(): Promise<KernelTime[]> {
    const profile = this.#profile;
    this.#profile = null;
    this.flush();
    return await profile?.read() ?? [];
  }

  /** Submits recorded commands. */
  flush(): void {
    const backend = this.#backend;
    if (!backend.commandEncoder) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  }

  /** Location of a tensor's values; uploads them if they are still on the host. */
  rangeOf(tensor: tf.TensorInfo): BufferRange {
    return this.memory.rangeOf(tensor);
  }

  #pipelineOf(shader: Shader): Pipeline {
    const known = this.#pipelines.get(shader.key);
    if (known) return known;
    const { device } = this;
    const entry = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    });
    const entries = shader.bindings.map(({ access }, i) =>
      entry(i, access === "write" ? "storage" : "read-only-storage")
    );
    if (shader.uniforms.length > 0) entries.push(entry(entries.length, "uniform"));
    const layout = device.createBindGroupLayout({ entries });
    const module = device.createShaderModule({ code: shaderCode(shader, this), label: shader.key });
    const pipeline = device.createComputePipeline({
      label: shader.key,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    const made = { pipeline, layout, id: ++this.#counts.pipelines };
    this.#pipelines.set(shader.key, made);
    return made;
  }

  /** A buffer with these numbers, shared between equal ones, since it is never written again. */
  #uniformOf({ uniforms }: Shader, values: readonly number[]): GPUBuffer {
    let key = "";
    for (let i = 0; i < uniforms.length; i++) key += `${uniforms[i].type}${values[i]},`;
    const known = this.#uniforms.get(key);
    if (known) return known;
    if (this.#uniforms.size >= CACHE_LIMIT) this.#forget();
    const bytes = new ArrayBuffer(16 * Math.ceil(uniforms.length / 4));
    const view = new DataView(bytes);
    uniforms.forEach(({ type }, i) => {
      if (type === "u32") view.setUint32(4 * i, values[i], true);
      else view.setFloat32(4 * i, values[i], true);
    });
    const buffer = this.device.createBuffer({
      size: bytes.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.device.queue.writeBuffer(buffer, 0, bytes);
    this.#uniforms.set(key, buffer);
    return buffer;
  }

  #bindingOf(shader: Shader, ranges: BufferRange[], uniforms: readonly number[]): Binding {
    const pipeline = this.#pipelineOf(shader);
    const guess = this.#last?.next;
    const isRight = guess && guess.pipeline === pipeline && isEqual(guess.ranges, ranges) &&
      isEqual(guess.uniforms, uniforms);
    const binding = isRight ? guess : this.#knownBinding(shader, pipeline, ranges, uniforms);
    if (this.#last) this.#last.next = binding;
    return this.#last = binding;
  }

  #knownBinding(
    shader: Shader,
    pipeline: Pipeline,
    ranges: readonly BufferRange[],
    uniforms: readonly number[],
  ): Binding {
    const uniform = shader.uniforms.length > 0 ? this.#uniformOf(shader, uniforms) : null;
    const places = ranges.map(({ buffer, offset }) => `${bufferId(buffer)}:${offset}`);
    const key = `${pipeline.id},${places},${uniform && bufferId(uniform)}`;
    const known = this.#bindings.get(key);
    if (known) return known;
    if (this.#bindings.size >= CACHE_LIMIT) this.#forget();
    const entries: GPUBindGroupEntry[] = ranges.map((resource, binding) => ({ binding, resource }));
    if (uniform) entries.push({ binding: entries.length, resource: { buffer: uniform } });
    const group = this.device.createBindGroup({ layout: pipeline.layout, entries });
    this.#counts.bindGroups++;
    const made = { pipeline, ranges, uniforms: [...uniforms], group, next: null };
    this.#bindings.set(key, made);
    return made;
  }

  /** Clears the caches, which uniforms that never recur would otherwise fill. */
  #forget(): void {
    this.flush();
    this.#last = null;
    this.#bindings.clear();
    this.#uniforms.clear(); // their buffers are freed with their last bind group
  }
}
