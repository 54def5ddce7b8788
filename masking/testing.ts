/**
 * Conformance suites for masking strategies and frame selectors.
 *
 * @module
 */

export * from "./testing/frames_checks.ts";
export * from "./testing/masking_checks.ts";
