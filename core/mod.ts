/**
 * Foundations of VideoMS: the token grid, random streams, plugins, devices, tensor operations with
 * hand-written gradients, parameters, optimisation and checkpoint bytes.
 *
 * @module
 */

export * from "./grid/token_grid.ts";
export * from "./plugin/plugin.ts";
export * from "./plugin/registry.ts";
export * from "./random/random_stream.ts";
export * from "./text/nearest.ts";
