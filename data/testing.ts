/**
 * Conformance suites for data sets.
 *
 * @module
 */

export * from "./testing/dataset_checks.ts";
