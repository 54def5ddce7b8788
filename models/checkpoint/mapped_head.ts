import { floatBytes, floatValues, type WeightTensor } from "@videoms/core";
import { bareName } from "./tensor_names.ts";

/** What the labels of a head count for. */
export interface MappedLabels {
  /** For each label of the head the class that it counts for, from 0; -1 for none. */
  readonly to: readonly number[];
  /** Number of classes. */
  readonly count: number;
}

/** Rows of a head's weight or bias, [labels, D] or [labels], as rows of classes. */
function mapRows({ to, count }: MappedLabels, values: Float32Array, isBias: boolean): Float32Array {
  const width = values.length / to.length;
  const mapped = new Float32Array(count * width);
  const labels = new Float64Array(count);
  for (const label of to) if (label >= 0) labels[label]++;
  to.forEach((label, from) => {
    if (label < 0) return;
    for (let d = 0; d < width; d++) {
      mapped[label * width + d] += values[from * width + d] / labels[label];
    }
  });
  if (isBias) labels.forEach((several, label) => mapped[label] += Math.log(several));
  return mapped;
}

/**
 * Weights whose head is that of other classes: the row of its label for each. Where several labels count for a
 * class, the mean of their rows, and the logarithm of their number added to the bias: the linear function nearest to
 * the log Σ exp of `mapLogits`, which it equals where the labels have equal logits.
 *
 * @param tensors of a classifier, under PyTorch's names
 * @throws {RangeError} if there is no head, or one of another number of labels
 */
export function mapHead(
  tensors: ReadonlyMap<string, WeightTensor>,
  map: MappedLabels,
): ReadonlyMap<string, WeightTensor> {
  const head = headTensors(tensors);
  if (head.some(([, { shape }]) => shape[0] !== map.to.length)) {
    throw new RangeError(
      `Cannot load weights: a head must have the ${map.to.length} labels that are mapped, got ` +
        `${head.map(([name, { shape }]) => `"${name}" [${shape}]`).join(", ")}`,
    );
  }
  return new Map([
    ...tensors,
    ...head.map(([name, tensor]): [string, WeightTensor] => {
      const { type, shape } = tensor;
      const read = async () => {
        const values = floatValues({ type, shape, bytes: await tensor.read() });
        return floatBytes(mapRows(map, values, shape.length === 1)) as Uint8Array<ArrayBuffer>;
      };
      return [name, { type: "F32", shape: [map.count, ...shape.slice(1)], read }];
    }),
  ]);
}

/** The tensors of a head. */
function headTensors(tensors: ReadonlyMap<string, WeightTensor>): [string, WeightTensor][] {
  const head = [...tensors].filter(([name]) => /^head\.(weight|bias)$/.test(bareName(name)));
  if (head.length > 0) return head;
  throw new RangeError("Cannot load weights: labels are mapped of weights with a head, got none");
}

/**
 * Names of the labels of a head.
 *
 * @param tensors of a classifier, under PyTorch's names
 * @param known what is known of the names, if anything
 * @returns numbers where no names are known
 * @throws {RangeError} if there is no head, or one of another number of labels
 */
export function headLabels(
  tensors: ReadonlyMap<string, WeightTensor>,
  known: readonly string[] | null,
): readonly string[] {
  const [[name, { shape: [labels] }]] = headTensors(tensors);
  if (!known) return Array.from({ length: labels }, (_, label) => String(label));
  if (known.length === labels) return known;
  throw new RangeError(
    `Cannot load weights: "${name}" must have a row for each of ${known.length} labels, got ${labels}`,
  );
}
