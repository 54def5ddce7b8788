import "./use_dawn.ts";
import "../core/operations_test.ts";
