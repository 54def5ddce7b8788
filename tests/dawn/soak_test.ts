import "./use_dawn.ts";
import { testInHalf } from "../backends.ts";
import { soak } from "../tasks/soak.ts";

const STEPS = 30;

testInHalf(
  `${STEPS} steps leave tensors, buffers and pipelines as they were`,
  (device) => soak(device, STEPS),
);
