import { refuse, shown } from "../refuse.ts";
import type { ByteSource, ChooseDictionary, WeightFile } from "../weight_file.ts";
import { LARGEST_PICKLE } from "./pickle_machine.ts";
import { weightsOf } from "./state_dictionary.ts";
import { unpickle } from "./unpickle.ts";
import { readZipDirectory, readZipEntry, type ZipEntry } from "./zip_directory.ts";

const PICKLE = "data.pkl";

/** Finds the pickle, in the zip file's only folder. */
function findPickle(entries: ReadonlyMap<string, ZipEntry>, file: string): ZipEntry {
  const found = [...entries.values()].filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (found.length !== 1) {
    refuse("PyTorch weights", file, `its zip must have one ${PICKLE}, got ${found.length}`);
  }
  if (found[0].size > LARGEST_PICKLE) {
    const rule = `its ${PICKLE} must have at most ${LARGEST_PICKLE} bytes`;
    refuse("PyTorch weights", file, `${rule}, got ${found[0].size}`);
  }
  return found[0];
}

async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (!entry) return; // older files have no entry and are little endian
  const order = new TextDecoder().decode(
    await readZipEntry(source, entry, 0, Math.min(entry.size, 16)),
  );
  if (order !== "little") {
    refuse("PyTorch weights", source.name, `it must be little endian, got ${shown(order)}`);
  }
}

/**
 * Opens a file of PyTorch 1.6 and later: a zip file with a pickle that describes the tensors and one entry
 * per storage.
 *
 * @throws {TypeError} if it is malformed
 */
export async function openZipWeights(
  source: ByteSource,
  choose?: ChooseDictionary,
): Promise<WeightFile> {
  const { name, size } = source;
  const entries = await readZipDirectory(source);
  const pickle = findPickle(entries, name);
  const folder = pickle.name.slice(0, -PICKLE.length);
  await checkByteOrder(source, entries.get(`${folder}byteorder`));
  const root = unpickle(await readZipEntry(source, pickle), 0, name);
  if (!root) refuse("PyTorch weights", name, `its ${PICKLE} must be whole, got a cut one`);
  const entryOf = (key: string) => entries.get(`${folder}data/${key}`);
  return weightsOf(root.value, {
    name,
    size,
    sizeOf: ({ key }) => entryOf(key)?.size,
    read: ({ key }, offset, length) => readZipEntry(source, entryOf(key)!, offset, length),
  }, choose);
}
