import { countNotFinite } from "./not_finite.ts";
import { floatValues } from "./safetensors.ts";
import { sizeOf } from "../parameters/size_of.ts";
import type { WeightTensor } from "./weight_file.ts";

/** Tensors that are checked while they are read. */
export interface WatchedTensors {
  /** The same tensors. */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Findings in the tensors read so far, one sentence each. */
  notes(): string[];
}

/** Checks for NaN and infinite values, as after a run that diverged. */
export function watchValues(tensors: ReadonlyMap<string, WeightTensor>): WatchedTensors {
  const seen = new Map<string, string>();
  const watched = (name: string, tensor: WeightTensor): WeightTensor => ({
    ...tensor,
    async read() {
      const bytes = await tensor.read();
      const { type, shape } = tensor;
      const isFloat = /^B?F/.test(type);
      const count = isFloat ? countNotFinite(floatValues({ type, shape, bytes })) : 0;
      if (count > 0) {
        seen.set(
          name,
          `${name} [${shape}] has ${count} NaN or infinite of ${sizeOf(shape)} values`,
        );
      }
      return bytes;
    },
  });
  return {
    tensors: new Map([...tensors].map(([name, tensor]) => [name, watched(name, tensor)])),
    notes: () => [...seen.values()],
  };
}
