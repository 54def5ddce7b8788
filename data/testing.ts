/**
 * Conformance suites for data sets, augmentations and loggers.
 *
 * @module
 */

export { augmentationChecks } from "./testing/augmentation_checks.ts";
export { datasetChecks } from "./testing/dataset_checks.ts";
export { type KeptScalar, type LoggerCheckOptions, loggerChecks } from "./testing/logger_checks.ts";
