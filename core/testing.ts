/**
 * Shared parts of the packages' conformance suites: `@videoms/masking/testing`, `@videoms/models/testing` and
 * `@videoms/data/testing` check plugins of their kinds, including third-party ones. Also compares computed
 * numbers with recorded ones.
 *
 * @module
 */

export {
  compareChoices,
  compareTensors,
  compareValues,
  type Comparison,
  passes,
  relativeError,
  relativeNorm,
} from "./testing/comparison.ts";
export {
  type ConformanceCheck,
  ConformanceError,
  requireRefusal,
  requireThat,
} from "./testing/conformance_check.ts";
export {
  descriptorChecks,
  type PluginCheckOptions,
  productOf,
} from "./testing/descriptor_checks.ts";
export { backendsHere, onBackend, onEveryBackend } from "./testing/on_devices.ts";
export { recordedStream } from "./testing/recorded_stream.ts";
export { type Tolerances, tolerancesOf } from "./testing/tolerances.ts";
