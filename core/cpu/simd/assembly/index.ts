// SIMD kernels on the heap of tfjs's wasm backend. AssemblyScript: addresses are bytes of the
// imported memory, tensors are float32 and row-major, sizes count values. Nothing allocates.

export { gelu, geluGradient } from "./gelu";
export { layerNorm, layerNormGradients } from "./layer_norm";
export { matmul, matmulScratchBytes } from "./matmul";
export { adamw, sumOfSquares } from "./optimizer";
export { fillRows, findBadIndex, gatherRows, scatterRows, sumRows } from "./rows";
export { softmax, softmaxGradient } from "./softmax";
