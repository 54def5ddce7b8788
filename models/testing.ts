/**
 * Conformance suites for objectives, backbones, positions, optimisers and schedules, and the replay of recorded trainings.
 *
 * @module
 */

export { type BackboneCheckOptions, backboneChecks } from "./testing/backbone_checks.ts";
export { compareForward, recordedChoice } from "./testing/compare_golden.ts";
export {
  type GoldenCase,
  goldenGeometry,
  goldenStack,
  goldenTensor,
  indexTensor,
  indicesOfOnes,
  metadataNumber,
  parseGoldenCase,
} from "./testing/golden_case.ts";
export { type ObjectiveCheckOptions, objectiveChecks } from "./testing/objective_checks.ts";
export { optimizerChecks } from "./testing/optimizer_checks.ts";
export { positionsChecks } from "./testing/positions_checks.ts";
export { type RecordedStep, recordedSteps } from "./testing/recorded_optimizer.ts";
export { scheduleChecks } from "./testing/schedule_checks.ts";
export {
  replay,
  type ReplayedNetwork,
  type ReplayedStep,
  type ReplayState,
} from "./testing/replay.ts";
