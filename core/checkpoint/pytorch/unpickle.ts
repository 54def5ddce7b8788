/**
 * Reads pickles, Python's serialisation format, without executing them.
 *
 * A pickle is a program for a small machine with a stack. In Python its GLOBAL operations import modules and
 * its REDUCE operations call them, so a file runs whatever its author wrote. Here names are only text, never
 * looked up, imported or called: tensors, storages and ordered dictionaries are recognised by name and
 * represented by our own values, and every other class becomes an object that carries only its name.
 * Attributes (BUILD) are dropped.
 *
 * Operations: those of protocols 2 to 5 (https://peps.python.org/pep-0307, https://peps.python.org/pep-3154);
 * the text operations of protocol 0, which `torch.save` does not write, are rejected.
 *
 * @module
 */

import { BrokenRule, printable, refuse, shown } from "../refuse.ts";
import { PickleCut, PickleMachine } from "./pickle_machine.ts";
import {
  PickleGlobal,
  type PickleValue,
  type TorchStorage,
  UnknownObject,
} from "./pickle_values.ts";
import { isRefusedName } from "./refused_names.ts";
import { meaningOf, storageOf } from "./torch_names.ts";

type Operation = (machine: PickleMachine) => void;

const STOP = 0x2e;

function tuple(values: PickleValue[]): PickleValue {
  return Object.freeze(values);
}

function pushTuple(machine: PickleMachine, length: number): void {
  const values = Array.from({ length }, () => machine.pop());
  machine.push(tuple(values.reverse()));
}

/** Skipped values: weights are never in byte strings or sets. */
function pushSkipped(machine: PickleMachine, length: number): void {
  machine.skip(length);
  machine.push(new UnknownObject("builtins.bytes"));
}

function append(machine: PickleMachine, values: readonly PickleValue[]): void {
  const list = machine.top();
  if (list instanceof UnknownObject) return; // a class of its own that extends a list
  if (!Array.isArray(list) || Object.isFrozen(list)) {
    machine.fail("it appends to something other than a list");
  }
  for (const value of values) list.push(value);
}

function setItems(machine: PickleMachine, values: readonly PickleValue[]): void {
  const dictionary = machine.top();
  if (dictionary instanceof UnknownObject) return; // a class of its own that extends a dictionary
  if (!(dictionary instanceof Map) || values.length % 2) {
    machine.fail("it sets an item of something other than a dictionary");
  }
  for (let i = 0; i < values.length; i += 2) dictionary.set(values[i], values[i + 1]);
}

function pushGlobal(machine: PickleMachine, module: PickleValue, name: PickleValue): void {
  if (typeof module !== "string" || typeof name !== "string") {
    machine.fail("a class name must be text");
  }
  if (isRefusedName(module, name)) {
    const rule = "its pickle must not name functions that run programs or access the system";
    refuse("PyTorch weights", machine.file, `${rule}, got ${shown(`${module}.${name}`)}`);
  }
  machine.push(new PickleGlobal(printable(`${module}.${name}`)));
}

/** Pushes the result of interpreting a name. */
function pushMeaning(machine: PickleMachine, meaning: () => PickleValue): void {
  try {
    machine.push(meaning());
  } catch (error) {
    if (!(error instanceof BrokenRule)) throw error;
    machine.fail(error.message);
  }
}

function pushObject(machine: PickleMachine): void {
  const values = machine.pop();
  const callee = machine.pop();
  pushMeaning(machine, () => meaningOf(callee, values));
}

function protocol(machine: PickleMachine): void {
  const version = machine.byte();
  if (version < 2 || version > 5) machine.fail(`its protocol must be 2 to 5, got ${version}`);
}

const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, protocol],
  [0x95, (m) => void m.skip(8)], // FRAME: a hint for buffering
  [0x28, (m) => m.mark()],
  [0x30, (m) => void m.pop()],
  [0x31, (m) => void m.popMarked()],
  // Plain values.
  [0x4e, (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [0x4b, (m) => m.push(m.byte())],
  [0x4d, (m) => m.push(m.word())],
  [0x4a, (m) => m.push(m.integer())],
  [0x8a, (m) => m.push(m.bigInteger(m.byte()))],
  [0x8b, (m) => m.push(m.bigInteger(m.long()))],
  [0x47, (m) => m.push(m.float())],
  [0x58, (m) => m.push(m.text(m.long()))],
  [0x8c, (m) => m.push(m.text(m.byte()))],
  [0x8d, (m) => m.push(m.text(m.length()))],
  [0x43, (m) => pushSkipped(m, m.byte())],
  [0x42, (m) => pushSkipped(m, m.long())],
  [0x8e, (m) => pushSkipped(m, m.length())],
  [0x96, (m) => pushSkipped(m, m.length())],
  // Tuples, lists, dictionaries, sets.
  [0x29, (m) => m.push(tuple([]))],
  [0x85, (m) => pushTuple(m, 1)],
  [0x86, (m) => pushTuple(m, 2)],
  [0x87, (m) => pushTuple(m, 3)],
  [0x74, (m) => m.push(tuple(m.popMarked()))],
  [0x5d, (m) => m.push([])],
  [0x61, (m) => append(m, [m.pop()])],
  [0x65, (m) => append(m, m.popMarked())],
  [0x7d, (m) => m.pushDictionary()],
  [0x73, (m) => setItems(m, [m.pop(), m.pop()].reverse())],
  [0x75, (m) => setItems(m, m.popMarked())],
  [0x8f, (m) => m.push(new UnknownObject("builtins.set"))],
  [0x90, (m) => append(m, m.popMarked())],
  [0x91, (m) => {
    m.popMarked();
    m.push(new UnknownObject("builtins.frozenset"));
  }],
  // Names and objects.
  [0x63, (m) => pushGlobal(m, m.line(), m.line())],
  [0x93, (m) => {
    const name = m.pop();
    pushGlobal(m, m.pop(), name);
  }],
  [0x52, pushObject],
  [0x81, pushObject],
  [0x92, (m) => {
    m.pop(); // keyword arguments
    pushObject(m);
  }],
  [0x62, (m) => {
    m.pop(); // the attributes
    m.top();
  }],
  [0x51, (m) => {
    const id = m.pop();
    pushMeaning(m, () => {
      const reference = storageOf(id);
      m.storages.set(reference.storage.key, reference.storage);
      return reference;
    });
  }],
  // The memo.
  [0x71, (m) => m.remember(m.byte())],
  [0x72, (m) => m.remember(m.long())],
  [0x94, (m) => m.remember()],
  [0x68, (m) => m.push(m.remembered(m.byte()))],
  [0x6a, (m) => m.push(m.remembered(m.long()))],
]);

/** A pickle's value and its end. */
export interface Unpickled {
  /** Its value. */
  readonly value: PickleValue;
  /** The byte after it. */
  readonly end: number;
  /** Referenced storages, by key. */
  readonly storages: ReadonlyMap<string, TorchStorage>;
}

/**
 * Reads one pickle.
 *
 * @param start where it starts in `bytes`
 * @param file name for messages
 * @returns undefined if the bytes end before the pickle
 * @throws {TypeError} if it is malformed, or names functions that run programs
 */
export function unpickle(bytes: Uint8Array, start: number, file: string): Unpickled | undefined {
  const machine: PickleMachine = new PickleMachine(bytes, start, file);
  try {
    for (let code = machine.operation(); code !== STOP; code = machine.operation()) {
      const operation = OPERATIONS.get(code);
      if (!operation) {
        machine.fail(`its operations must be supported, got ${code}`);
      }
      operation(machine);
    }
    return { value: machine.pop(), end: machine.at, storages: machine.storages };
  } catch (error) {
    if (error instanceof PickleCut) return undefined;
    throw error;
  }
}
