import { ELEMENT_BYTES } from "../element_type.ts";
import { BrokenRule, printable, refuse, shown } from "../refuse.ts";
import type { WeightFile, WeightTensor } from "../weight_file.ts";
import {
  type PickleDictionary,
  type PickleValue,
  type TorchStorage,
  TorchTensor,
  UnknownObject,
} from "./pickle_values.ts";
import { checkedView, gather, isContiguous } from "./tensor_bytes.ts";

/** Keys under which trainers keep a model's state, in the order in which they are looked for. */
const STATE_KEYS = ["model", "module", "state_dict"];
/** Most dictionaries around the state. */
const DEEPEST = 8;
/** How many times a file's own bytes its tensors may add up to: storages are shared, but not often. */
const MOST_SHARING = 8;

/** The storages of a file. */
export interface StorageBytes {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes that the file has for a storage; none if it is not there. */
  sizeOf(storage: TorchStorage): number | undefined;
  /** Reads a part of a storage, in bytes. */
  read(storage: TorchStorage, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What a value beside the weights is, in brackets, or nothing for a plain one. */
function summary(value: PickleValue): string {
  if (value instanceof TorchTensor) return " (tensor)";
  if (value instanceof UnknownObject) return ` (${value.className.split(".").at(-1)})`;
  if (Array.isArray(value)) return ` (${counted(value.length, "value")})`;
  if (!(value instanceof Map)) return "";
  const groups = value.get("param_groups");
  if (Array.isArray(groups)) return ` (${counted(groups.length, "group")})`;
  return ` (${value.size === 1 ? "1 entry" : `${value.size} entries`})`;
}

function described(key: PickleValue, value: PickleValue): string {
  const name = typeof key === "object" ? "a key" : printable(String(key));
  return `${name}${summary(value)}`;
}

function noState(root: PickleValue, file: string): never {
  const rule = "it must hold a dictionary of tensors, such as model.state_dict()";
  if (root instanceof UnknownObject) {
    refuse("PyTorch weights", file, `${rule}, got an object of ${shown(root.className)}`);
  }
  const keys = root instanceof Map ? [...root.keys()] : undefined;
  refuse("PyTorch weights", file, `${rule}, got ${keys ? `the keys ${shown(keys)}` : "none"}`);
}

/** The dictionary of the weights, and what lay beside the dictionaries on the way to it. */
function findState(root: PickleValue, file: string): [PickleDictionary, string[]] {
  const ignored: string[] = [];
  let found = root;
  for (let level = 0; level < DEEPEST; level++) {
    if (!(found instanceof Map)) noState(root, file);
    const dictionary = found;
    const inner = STATE_KEYS.find((key) => dictionary.get(key) instanceof Map);
    if (inner === undefined) return [dictionary, ignored];
    for (const [key, value] of dictionary) {
      if (key !== inner) ignored.push(described(key, value));
    }
    found = dictionary.get(inner)!;
  }
  refuse("PyTorch weights", file, `its weights must lie at most ${DEEPEST} levels deep, got more`);
}

function openTensor(tensor: TorchTensor, storages: StorageBytes): WeightTensor {
  const view = checkedView(tensor);
  const { storage } = tensor;
  const size = storages.sizeOf(storage);
  if (size !== storage.bytes) {
    throw new BrokenRule(`must have a storage of ${storage.bytes} bytes, got ${size ?? "none"}`);
  }
  const bytes = ELEMENT_BYTES[view.type];
  return {
    type: view.type,
    shape: view.shape,
    async read() {
      if (view.count === 0) return new Uint8Array(0);
      const span = await storages.read(storage, view.offset * bytes, view.span * bytes);
      return isContiguous(view) ? span : gather(span, view);
    },
  };
}

/**
 * Takes the weights out of what a file's pickle holds: the first of `model`, `module` and
 * `state_dict` that is a dictionary, again inside it, else the dictionary itself.
 *
 * @throws {TypeError} if there are no tensors, or if one does not lie within its storage
 */
export function weightsOf(root: PickleValue, storages: StorageBytes): WeightFile {
  const { name: file, size } = storages;
  const [state, ignored] = findState(root, file);
  const tensors = new Map<string, WeightTensor>();
  let total = 0;
  for (const [name, value] of state) {
    if (!(value instanceof TorchTensor) || typeof name !== "string") {
      ignored.push(described(name, value));
      continue;
    }
    try {
      const tensor = openTensor(value, storages);
      tensors.set(name, tensor);
      total += tensor.shape.reduce((product, side) => product * side, ELEMENT_BYTES[tensor.type]);
    } catch (error) {
      if (!(error instanceof BrokenRule)) throw error;
      refuse("PyTorch weights", file, `${shown(name)} ${error.message}`);
    }
  }
  if (tensors.size === 0) noState(root, file);
  if (total > MOST_SHARING * size) {
    const rule = `its tensors must have at most ${MOST_SHARING} times its ${size} bytes`;
    refuse("PyTorch weights", file, `${rule}, got ${total}`);
  }
  return { format: "pytorch", tensors, metadata: {}, ignored };
}
