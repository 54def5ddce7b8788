import "./use_dawn.ts";
import "../core/gpu_optimizer_test.ts";
