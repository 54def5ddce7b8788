import "./use_dawn.ts";
import "../core/operations_half_test.ts";
