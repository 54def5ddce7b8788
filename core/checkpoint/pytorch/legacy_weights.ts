import { refuse, shown } from "../refuse.ts";
import type { ByteSource, ChooseDictionary, WeightFile } from "../weight_file.ts";
import { LARGEST_PICKLE } from "./pickle_machine.ts";
import type { PickleValue, TorchStorage } from "./pickle_values.ts";
import { weightsOf } from "./state_dictionary.ts";
import { unpickle, type Unpickled } from "./unpickle.ts";

/** The number that the format starts with. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
/** Bytes to read first: enough for the pickles of most files. */
const FIRST_WINDOW = 2 ** 20;
/** The pickles in front of the storages: magic number, version, system, object, storage keys. */
const PICKLES = 5;

function fail(file: string, rule: string): never {
  refuse("PyTorch weights", file, rule);
}

/** Reads the pickles, whose length is only known after reading them. */
async function readPickles(source: ByteSource): Promise<Unpickled[]> {
  for (let window = FIRST_WINDOW;; window *= 8) {
    const length = Math.min(window, LARGEST_PICKLE, source.size);
    const bytes = await source.read(0, length);
    const pickles: Unpickled[] = [];
    while (pickles.length < PICKLES) {
      const pickle = unpickle(bytes, pickles.at(-1)?.end ?? 0, source.name);
      if (!pickle) break;
      pickles.push(pickle);
      // Fail early: a pickle of another program is not followed by others.
      if (pickles[0].value !== MAGIC) {
        fail(source.name, `it must start as torch.save does, got ${shown(pickles[0].value)}`);
      }
    }
    if (pickles.length === PICKLES) return pickles;
    if (length < window) {
      fail(source.name, `its pickles must be whole within ${length} bytes, got a cut one`);
    }
  }
}

function checkSystem(values: readonly PickleValue[], file: string): void {
  const [, version, system] = values;
  if (version !== VERSION) fail(file, `its version must be ${VERSION}, got ${shown(version)}`);
  const little = system instanceof Map ? system.get("little_endian") : undefined;
  if (little !== true) fail(file, `it must be little endian, got ${shown(little)}`);
}

/** Offset of a storage: an 8-byte count of values, followed by the values. */
type Places = ReadonlyMap<PickleValue, number>;

/** Finds the storages, which follow the pickles in the order of their keys and fill the file. */
function findStorages(object: Unpickled, keys: Unpickled, source: ByteSource): Places {
  const { name, size } = source;
  const places = new Map<PickleValue, number>();
  if (!Array.isArray(keys.value)) {
    fail(name, `its storage keys must be a list, got ${shown(keys.value)}`);
  }
  let at = keys.end;
  for (const key of keys.value) {
    const storage = object.storages.get(key);
    if (!storage || places.has(key)) {
      fail(name, `its storages must be those of its tensors, each once, got ${shown(key)}`);
    }
    if (storage.bytes === undefined) {
      fail(name, `its storages must have known types, got ${shown(storage.className)}`);
    }
    places.set(key, at);
    at += 8 + storage.bytes;
    if (at > size) fail(name, `its storages must lie within ${size} bytes, got an end at ${at}`);
  }
  if (at !== size) fail(name, `its storages must fill the file, ${size - at} bytes are left`);
  return places;
}

async function readStorage(
  source: ByteSource,
  start: number,
  storage: TorchStorage,
  [offset, length]: readonly [number, number],
): Promise<Uint8Array<ArrayBuffer>> {
  const header = await source.read(start, 8);
  const count = Number(new DataView(header.buffer, header.byteOffset, 8).getBigInt64(0, true));
  if (count !== storage.count) {
    const rule = `storage ${shown(storage.key)} must have ${storage.count} values`;
    fail(source.name, `${rule}, got ${count}`);
  }
  return await source.read(start + 8 + offset, length);
}

/**
 * Opens a file of PyTorch before 1.6: pickles, then the storages one after another.
 *
 * @throws {TypeError} if it is malformed
 */
export async function openLegacyWeights(
  source: ByteSource,
  choose?: ChooseDictionary,
): Promise<WeightFile> {
  const pickles = await readPickles(source);
  checkSystem(pickles.map(({ value }) => value), source.name);
  const [, , , object, keys] = pickles;
  const places = findStorages(object, keys, source);
  return weightsOf(object.value, {
    name: source.name,
    size: source.size,
    sizeOf: (storage) =>
      // In a hostile file a key may stand for two storages; the located one is used.
      places.has(storage.key) ? object.storages.get(storage.key)!.bytes : undefined,
    read: (storage, ...part) => readStorage(source, places.get(storage.key)!, storage, part),
  }, choose);
}
