import assert from "node:assert/strict";
import type { Device } from "@videoms/core";
import { computedBy, OPERATIONS } from "./operation_cases.ts";

const GUIDE = new URL("../../guides/support.md", import.meta.url);

/** Columns of the table behind the name of the operation. */
const COLUMNS = ["cpu", "wasm", "webgpu", "f16"];

/** Fails unless a column of the table in the guide is what a device computes by; the message has the right cells. */
export function checkColumn(column: string, device: Device): void {
  const found = Object.entries(OPERATIONS)
    .map(([name, operation]) => [name, computedBy(operation, device)]);
  const at = COLUMNS.indexOf(column);
  const rows = Deno.readTextFileSync(GUIDE).split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.slice(2, -2).split(" | "));
  const first = rows.findIndex(([name]) => name in OPERATIONS);
  const told = rows.slice(first, first + found.length).map((row) => [row[0], row[at + 1]]);
  assert.deepEqual(told, found, `column ${column} of guides/support.md`);
}
