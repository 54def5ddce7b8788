/**
 * Conformance suites for data sets.
 *
 * @module
 */

export { datasetChecks } from "./testing/dataset_checks.ts";
