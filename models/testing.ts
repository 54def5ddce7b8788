/**
 * Conformance suites for objectives.
 *
 * @module
 */

export * from "./testing/objective_checks.ts";
