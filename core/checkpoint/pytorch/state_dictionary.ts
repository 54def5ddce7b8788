import { ELEMENT_BYTES } from "../element_type.ts";
import { BrokenRule, printable, refuse, shown } from "../refuse.ts";
import type { ChooseDictionary, WeightFile, WeightTensor } from "../weight_file.ts";
import {
  type PickleDictionary,
  type PickleValue,
  type TorchStorage,
  TorchTensor,
  UnknownObject,
} from "./pickle_values.ts";
import { checkedView, gather, isContiguous } from "./tensor_bytes.ts";

/** Keys under which trainers store a model's state, searched first. */
const STATE_KEYS = ["model", "module", "state_dict"];
/** Maximum nesting of dictionaries around the state. */
const DEEPEST = 8;
/** Maximum length of a key that leads to a state. */
const LONGEST_KEY = 200;
/** Maximum ratio of all tensors' bytes to the file's bytes, since storages are rarely shared. */
const MOST_SHARING = 8;

/** The storages of a file. */
export interface StorageBytes {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes of a storage in the file; none if it is missing. */
  sizeOf(storage: TorchStorage): number | undefined;
  /** Reads part of a storage, in bytes. */
  read(storage: TorchStorage, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Description of a value beside the weights, in brackets; empty for a plain value. */
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

/** The enclosing dictionaries, from the top level, with the key that leads further. */
type Trail = readonly (readonly [PickleDictionary, string])[];

/** A dictionary of tensors. */
interface FoundDictionary {
  readonly dictionary: PickleDictionary;
  readonly trail: Trail;
}

function isName(key: PickleValue): key is string {
  return typeof key === "string" && key.length <= LONGEST_KEY;
}

function holdsTensors(dictionary: PickleDictionary): boolean {
  for (const [key, value] of dictionary) {
    if (typeof key === "string" && value instanceof TorchTensor) return true;
  }
  return false;
}

/**
 * Finds dictionaries of tensors, by key path joined with dots. The usual places of a model's state come
 * first.
 */
function findDictionaries(root: PickleValue, file: string): Map<string, FoundDictionary> {
  const found = new Map<string, FoundDictionary>();
  const seen = new Set<PickleValue>(); // one referenced twice is one set of weights
  let isDeeper = false;
  const visit = (dictionary: PickleValue, trail: Trail): void => {
    if (!(dictionary instanceof Map) || seen.has(dictionary)) return;
    if (trail.length >= DEEPEST) {
      isDeeper = true;
      return;
    }
    seen.add(dictionary);
    for (const key of STATE_KEYS) visit(dictionary.get(key)!, [...trail, [dictionary, key]]);
    const path = trail.map(([, key]) => key).join(".");
    if (holdsTensors(dictionary) && !found.has(path)) found.set(path, { dictionary, trail });
    for (const [key, value] of dictionary) {
      if (isName(key)) visit(value, [...trail, [dictionary, key]]);
    }
  };
  visit(root, []);
  if (found.size === 0 && isDeeper) {
    refuse(
      "PyTorch weights",
      file,
      `its weights must lie at most ${DEEPEST} levels deep, got more`,
    );
  }
  return found;
}

/** The entries beside a dictionary and its enclosing ones, for reports. */
function besideOf(trail: Trail): string[] {
  return trail.flatMap(([dictionary, inner]) =>
    [...dictionary].filter(([key]) => key !== inner).map(([key, value]) => described(key, value))
  );
}

/** Chooses the dictionary to read. */
function chosenDictionary(
  found: ReadonlyMap<string, FoundDictionary>,
  choose: ChooseDictionary | undefined,
): FoundDictionary | undefined {
  const names = (dictionary: PickleDictionary) =>
    [...dictionary].flatMap(([key, value]) =>
      typeof key === "string" && value instanceof TorchTensor ? [key] : []
    );
  const wanted = choose?.(
    new Map([...found].map(([path, { dictionary }]) => [path, names(dictionary)])),
  );
  return wanted === undefined ? found.values().next().value : found.get(wanted);
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
 * Reads weights from a file's pickle: one of its dictionaries of tensors.
 *
 * @param choose chooses one; by default the first of `model`, `module` and `state_dict` with tensors,
 * recursively, else the top-level dictionary, else the first with tensors
 * @throws {TypeError} if there are no tensors, or one exceeds its storage
 */
export function weightsOf(
  root: PickleValue,
  storages: StorageBytes,
  choose?: ChooseDictionary,
): WeightFile {
  const { name: file, size } = storages;
  const state = chosenDictionary(findDictionaries(root, file), choose);
  if (!state) noState(root, file);
  const ignored = besideOf(state.trail);
  const tensors = new Map<string, WeightTensor>();
  let total = 0;
  for (const [name, value] of state.dictionary) {
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
  if (total > MOST_SHARING * size) {
    const rule = `its tensors must have at most ${MOST_SHARING} times its ${size} bytes`;
    refuse("PyTorch weights", file, `${rule}, got ${total}`);
  }
  return { format: "pytorch", tensors, metadata: {}, ignored };
}
