/**
 * Conformance suites for data sets and loggers.
 *
 * @module
 */

export { datasetChecks } from "./testing/dataset_checks.ts";
export { type KeptScalar, type LoggerCheckOptions, loggerChecks } from "./testing/logger_checks.ts";
