/**
 * What the packages' conformance suites share: `@videoms/masking/testing`, `@videoms/models/testing` and
 * `@videoms/data/testing` check plugins of their kinds, those of strangers too.
 *
 * @module
 */

export * from "./testing/conformance_check.ts";
export * from "./testing/descriptor_checks.ts";
export * from "./testing/on_devices.ts";
