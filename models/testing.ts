/**
 * Conformance suites for objectives and backbones.
 *
 * @module
 */

export * from "./testing/backbone_checks.ts";
export * from "./testing/objective_checks.ts";
