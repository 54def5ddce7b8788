// SIMD kernels on the heap of tfjs's wasm backend. AssemblyScript: addresses are bytes of the
// imported memory, tensors are float32 and row-major, sizes count values. Nothing allocates.

export { prepare } from "./constants";
export { distances } from "./distances";
export { gelu, geluGradient, geluPair } from "./gelu";
export { layerNorm, layerNormGradient, layerNormSums } from "./layer_norm";
export { matmul, matmulScratchBytes } from "./matmul";
export { adamw, sumOfSquares } from "./optimizer";
export { patches, reconstruction } from "./patches";
export { blendRows, copyBytes, findBadIndex, gatherRows, placeRows, scale, scatterRows, startRows, sumRows } from "./rows";
export { softmax, softmaxAgain, softmaxGradient } from "./softmax";
