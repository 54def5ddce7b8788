import * as tf from "@tensorflow/tfjs-core";

/** Who is told of a variable's gradients as a backward pass comes to them. */
export interface GradientWatcher {
  /** An operation takes the variable; it will have a gradient of it. */
  used(variable: tf.Variable): void;
  /**
   * A gradient of one of the operations that took it.
   *
   * @param isOwn whether nothing else has its values, so that they may be changed once all parts of the gradient are there
   */
  found(variable: tf.Variable, gradient: tf.Tensor, isOwn: boolean): void;
}

const watchers = new Map<number, GradientWatcher>();
let isPaused = false;

/** Watches the gradients of variables, one watcher for each. */
export function watchGradients(variables: Iterable<tf.Variable>, watcher: GradientWatcher): void {
  for (const { id } of variables) watchers.set(id, watcher);
}

/** Stops watching variables. */
export function unwatchGradients(variables: Iterable<tf.Variable>): void {
  for (const { id } of variables) watchers.delete(id);
}

/** Tells of the inputs of an operation that a tape records. */
export function noteInputs(inputs: readonly tf.Tensor[]): void {
  if (watchers.size === 0 || isPaused) return;
  for (const input of inputs) {
    if (input instanceof tf.Variable) watchers.get(input.id)?.used(input);
  }
}

/**
 * Tells of the gradients of its inputs.
 *
 * @param used what they were computed from, of which one may be passed on as it is
 */
export function noteGradients(
  inputs: readonly tf.Tensor[],
  gradients: readonly tf.Tensor[],
  used: readonly tf.Tensor[],
): void {
  if (watchers.size === 0 || isPaused) return;
  const all = [...used, ...gradients];
  for (const [i, input] of inputs.entries()) {
    if (!(input instanceof tf.Variable)) continue;
    const { dataId } = gradients[i];
    const isOwn = all.filter((one) => one.dataId === dataId).length === 1 &&
      tf.backend().refCount(dataId) === 1;
    watchers.get(input.id)?.found(input, gradients[i], isOwn);
  }
}

/** Runs a pass within a backward pass, whose gradients are told of by the operation around it. */
export function unwatched<T>(run: () => T): T {
  const before = isPaused;
  isPaused = true;
  try {
    return run();
  } finally {
    isPaused = before;
  }
}
