import type { WasmEngine } from "../cpu/wasm_engine.ts";
import type { AdamWKernel, Moments } from "./adamw_kernel.ts";

/**
 * AdamW of the CPU engine: parameters and gradients on the wasm heap, moments in plain arrays beside
 * it, so that the heap's 4 GiB hold weights, gradients and activations only.
 */
export function heapAdamW(engine: WasmEngine): AdamWKernel<Moments> {
  return {
    create: (size) => ({ first: new Float32Array(size), second: new Float32Array(size) }),
    update: (parameter, gradient, moments, step) =>
      engine.adamw(parameter, gradient, moments, step),
    read: ({ first, second }) => Promise.resolve({ first: first.slice(), second: second.slice() }),
    write: (state, { first, second }) => {
      state.first.set(first);
      state.second.set(second);
    },
    dispose: () => {},
  };
}
