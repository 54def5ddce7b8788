/**
 * Benchmarks of the computing: `deno task bench step`, `ops`, `compare`, `gpu`, `scale`.
 *
 * @module
 */

import { runProgram } from "../tasks/commands/line/run_program.ts";
import { compareCommand } from "./compare/compare_command.ts";
import { gpuCommand } from "./gpu/gpu_command.ts";
import { opsCommand } from "./ops/ops_command.ts";
import { scaleCommand } from "./scale/scale_command.ts";
import { stepCommand } from "./step/step_command.ts";

if (import.meta.main) {
  await runProgram({
    name: "deno task bench",
    summary: "Times training steps and single operations, and compares them with others.",
    commands: {
      step: stepCommand,
      ops: opsCommand,
      compare: compareCommand,
      gpu: gpuCommand,
      scale: scaleCommand,
    },
  });
}
