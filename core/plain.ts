/**
 * What works without tensors: random streams, plugins, what is known of numbers by name, texts for people, and the form of weight files. It does not load tfjs, so a
 * thread or a command that computes nothing starts at once. `@videoms/core` has all of it too.
 *
 * @module
 */

export { type RandomStream, randomStream } from "./random/random_stream.ts";
export {
  definePlugin,
  type Descriptor,
  type Json,
  type MakePart,
  type Plugin,
  type PluginOptions,
} from "./plugin/plugin.ts";
export { createRegistry, pluginsOf, type Registry } from "./plugin/registry.ts";
export { floatBytes, safetensorsHead, type TensorEntry } from "./checkpoint/safetensors.ts";
export {
  type Distance,
  DISTANCES,
  FIRST_TUBELETS,
  type FirstTubelet,
} from "./ops/kernels/selection_kernels.ts";
export { type ClipGeometry, type TokenGrid, tokenGrid } from "./grid/token_grid.ts";
export {
  compareMetrics,
  formatMetric,
  isSetLoss,
  type MetricKind,
  metricKind,
  topName,
  topOf,
  type Unit,
} from "./metrics/metric_kind.ts";
export { formatBar, formatDuration, formatNumber, formatPercent } from "./text/format.ts";
export { flattenFields, valueAt, withValue } from "./text/dotted_path.ts";
export { formatCommand } from "./text/format_command.ts";
export { nearest } from "./text/nearest.ts";
export { oppositeNames } from "./text/opposite_names.ts";
export { textTable } from "./text/text_table.ts";
export { findWasmFiles } from "./cpu/wasm_files.ts";
export { systemLibrary } from "./parallel/system_library.ts";
export { sizeOf } from "./parameters/size_of.ts";
