import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../ops/tidy.ts";
import type { Parameters } from "./parameters.ts";

/** A loss and its gradients with respect to all parameters; the caller disposes of them. */
export interface LossAndGradients {
  /** The value of the loss. */
  loss: tf.Scalar;
  /** A gradient for every parameter, by name. */
  gradients: Map<string, tf.Tensor>;
}

/** The parts of tfjs's engine that are used here: private, but plain. */
interface Engine {
  state: { activeTape: Tape | null };
  startTape(): void;
  endTape(): void;
}

/** What was computed, in order. */
type Tape = readonly {
  inputs: tf.NamedTensorMap;
  outputs: readonly tf.Tensor[];
  saved?: readonly tf.Tensor[];
  gradient?(dys: readonly (tf.Tensor | null)[]): Record<string, () => tf.Tensor>;
}[];

const engineOf = () => tf.engine() as unknown as Engine;

/**
 * Evaluates a loss and its gradients with respect to all parameters. Unlike `tf.variableGrads`, it frees what
 * operations saved, and gradients of what is between them, as soon as they have been used.
 *
 * @throws {Error} if the loss does not depend on one of them
 */
export function lossAndGradients(parameters: Parameters, loss: () => tf.Scalar): LossAndGradients {
  const variables = [...parameters.entries()];
  const { value, tape } = record(loss);
  try {
    const found = tidy(() => backward(tape, value, variables));
    return { loss: value, gradients: new Map(variables.map(([name], i) => [name, found[i]])) };
  } catch (error) {
    value.dispose();
    throw error;
  } finally {
    for (const { saved } of tape) tf.dispose([...saved ?? []]);
    engineOf().state.activeTape = null;
  }
}

function record(loss: () => tf.Scalar): { value: tf.Scalar; tape: Tape } {
  const engine = engineOf();
  engine.startTape();
  try {
    const value = tidy(loss);
    return { value, tape: engine.state.activeTape! };
  } finally {
    engine.endTape();
  }
}

/** Gradients of the variables, in order. */
function backward(
  tape: Tape,
  value: tf.Scalar,
  variables: readonly (readonly [string, tf.Variable])[],
): tf.Tensor[] {
  const isWanted = dependents(tape, variables.map(([, variable]) => variable));
  const gradients = new Map<number, tf.Tensor>([[value.id, tf.ones(value.shape)]]);
  for (const { inputs, outputs, saved, gradient } of tape.toReversed()) {
    const dys = outputs.map(({ id }) => gradients.get(id) ?? null);
    const wanted = Object.entries(inputs).filter(([, { id }]) => isWanted.has(id));
    if (wanted.length > 0 && dys.some((dy) => dy !== null)) {
      const found = tidy(() => {
        const functions = gradient!(dys);
        return wanted.map(([name]) => functions[name]());
      });
      found.forEach((one, i) => add(gradients, wanted[i][1].id, one));
      tf.dispose(dys.filter((dy) => dy !== null && !found.includes(dy)) as tf.Tensor[]);
    }
    for (const { id } of outputs) gradients.delete(id); // all that uses them came later
    tf.dispose([...saved ?? []]);
  }
  return variables.map(([name, { id }]) => {
    const gradient = gradients.get(id);
    if (gradient) return gradient;
    throw new Error(
      `Cannot train: the loss must depend on every parameter, got "${name}" without a gradient`,
    );
  });
}

/** Numbers of the tensors that depend on variables, and of these. */
function dependents(tape: Tape, variables: readonly tf.Variable[]): Set<number> {
  const ids = new Set(variables.map(({ id }) => id));
  for (const { inputs, outputs } of tape) {
    if (!Object.values(inputs).some(({ id }) => ids.has(id))) continue;
    for (const { id } of outputs) ids.add(id);
  }
  return ids;
}

function add(gradients: Map<number, tf.Tensor>, id: number, gradient: tf.Tensor): void {
  const other = gradients.get(id);
  if (!other) return void gradients.set(id, gradient);
  gradients.set(id, tf.add(other, gradient));
  tf.dispose([other, gradient]);
}
