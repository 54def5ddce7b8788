import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "../random/random_stream.ts";
import { nearest } from "../text/nearest.ts";
import { type Initializer, initialValues } from "./initializer.ts";
import { sizeOf } from "./size_of.ts";

/** A trainable tensor of a model. */
export interface ParameterSpec {
  /** Unique name, a path of camelCase words and numbers joined by dots. */
  name: string;
  /** Shape. */
  shape: readonly number[];
  /** Initialiser. */
  initializer: Initializer;
  /** Whether weight decay applies. @default to matrices, not to vectors (biases, norms, tokens) */
  decays?: boolean;
}

/** Values of named tensors on the host, row-major in the shape of their spec. */
export type HostTensors = ReadonlyMap<string, Float32Array>;

/** Looks up a parameter by its name below a prefix. */
export type Scope = <T extends tf.Tensor = tf.Tensor>(name: string) => T;

/** Number of values of all tensors of a model. */
export function countParameters(specs: readonly ParameterSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/**
 * Initial values of all tensors. Each tensor's random stream depends on its name, so adding a tensor does not
 * change the others.
 */
export function initialParameters(specs: readonly ParameterSpec[], seed: number): HostTensors {
  return new Map(specs.map(({ name, shape, initializer }) => [
    name,
    initialValues(initializer, sizeOf(shape), randomStream(seed, "initialise", name)),
  ]));
}

/**
 * The trainable tensors of a model on the current device, in the order of their specs.
 */
export class Parameters {
  /** Specs of the tensors. */
  readonly specs: readonly ParameterSpec[];
  readonly #variables: ReadonlyMap<string, tf.Variable>;

  /**
   * Uploads values.
   *
   * @throws {RangeError} if a tensor is missing, has another size, or is not in the specs
   */
  constructor(specs: readonly ParameterSpec[], values: HostTensors) {
    this.specs = specs;
    checkValues(specs, values);
    this.#variables = new Map(specs.map(({ name, shape }) => {
      const initial = tf.tensor(values.get(name)!, [...shape]);
      const variable = tf.variable(initial);
      initial.dispose();
      return [name, variable];
    }));
  }

  /**
   * A tensor by name.
   *
   * @throws {RangeError} for an unknown name
   */
  get<T extends tf.Tensor = tf.Variable>(name: string): T {
    const variable = this.#variables.get(name);
    if (!variable) {
      throw new RangeError(
        `Cannot load parameter "${name}": ${nearest(name, [...this.#variables.keys()])}`,
      );
    }
    return variable as tf.Tensor as T;
  }

  /** Lookup below a prefix: `scope("encoder.blocks.0")("norm.weight")`. */
  scope(prefix: string): Scope {
    return (name) => this.get(`${prefix}.${name}`);
  }

  /** Names and tensors, in order. */
  entries(): IterableIterator<[string, tf.Variable]> {
    return this.#variables.entries();
  }

  /** Reads the values of a tensor. */
  async readTensor(name: string): Promise<Float32Array> {
    // data() may return its own copy; slice separates the result from later changes in place
    return (await this.get<tf.Variable>(name).data() as Float32Array).slice();
  }

  /** Reads all values. */
  async read(): Promise<HostTensors> {
    const names = [...this.#variables.keys()];
    // All at once: on a GPU every wait takes 10 ms, however little is read.
    const values = await Promise.all(names.map((name) => this.readTensor(name)));
    return new Map(names.map((name, i) => [name, values[i]]));
  }

  /**
   * Replaces the values of a tensor.
   *
   * @throws {RangeError} for an unknown name or another number of values
   */
  writeTensor(name: string, values: Float32Array): void {
    const variable = this.get<tf.Variable>(name);
    if (values.length !== variable.size) throw wrongSize(name, variable.shape, values.length);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }

  /**
   * Replaces all values.
   *
   * @throws {RangeError} if a tensor is missing, has another size, or is not in the specs
   */
  write(values: HostTensors): void {
    checkValues(this.specs, values);
    for (const { name } of this.specs) this.writeTensor(name, values.get(name)!);
  }

  /** Frees the tensors. */
  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
  }
}

function checkValues(specs: readonly ParameterSpec[], values: HostTensors): void {
  const known = new Set(specs.map(({ name }) => name));
  for (const name of values.keys()) {
    if (!known.has(name)) {
      throw new RangeError(
        `Cannot load parameters: "${name}" is not part of this model; ${nearest(name, [...known])}`,
      );
    }
  }
  for (const { name, shape } of specs) {
    const size = values.get(name)?.length;
    if (size !== sizeOf(shape)) throw wrongSize(name, shape, size ?? 0);
  }
}

function wrongSize(name: string, shape: readonly number[], got: number): RangeError {
  return new RangeError(
    `Cannot load parameters: "${name}" must have ${sizeOf(shape)} values [${shape}], got ${got}`,
  );
}
