import { testInHalf } from "../backends.ts";
import { checkColumn } from "./operation_table.ts";

testInHalf("the guide says what computes each operation", (device) => checkColumn("f16", device));
