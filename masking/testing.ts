/**
 * Conformance suites for masking strategies, token selections and frame selectors.
 *
 * @module
 */

export { framesChecks } from "./testing/frames_checks.ts";
export { tokensChecks } from "./testing/tokens_checks.ts";
export { type MaskingCheckOptions, maskingChecks } from "./testing/masking_checks.ts";
