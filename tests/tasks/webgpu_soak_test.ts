import { testOnBackends } from "../backends.ts";
import { soak } from "./soak.ts";

const STEPS = 500;

testOnBackends(
  `${STEPS} steps leave tensors, buffers and pipelines as they were`,
  (device) => soak(device, STEPS),
  ["webgpu"],
);
