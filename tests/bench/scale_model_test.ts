import assert from "node:assert/strict";
import { fitSums, foretell, sumOnHost } from "../../bench/scale/scale_model.ts";

const COST = { roundMs: 0.2, messageMs: 0.01, byteMs: 1e-6 };
const STEP = { ms: 1000, windowMs: 600, gradientBytes: 88e6, buckets: 22 };

function near(a: number, b: number): void {
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.abs(b), `${a} is not ${b}`);
}

Deno.test("scale model: the cost of sums is found in their times, and foretells steps", () => {
  const sizes = [[1e3, 1], [1e6, 1], [1e8, 1], [1e3, 64]];
  const sums = sizes.map(([bytes, pieces]) => {
    const sum = { ranks: 2, bytes, pieces };
    return { ...sum, ms: sumOnHost(COST, sum) };
  });
  near(sums[3].ms - sums[0].ms, 62 * COST.messageMs);
  const fitted = fitSums(sums);
  near(fitted.roundMs, COST.roundMs);
  near(fitted.byteMs, COST.byteMs);
  near(fitted.messageMs, COST.messageMs);
  const at = (gigabits: number, ranks: number) =>
    foretell(STEP, fitted, { gigabits, latencyMs: 0.03 }, ranks);
  // 2 · 7/8 · 88 MB, at 0.8 ns a byte on the wire and 1 ns on the host; 22 · 3 rounds of 0.23 ms and 6 messages.
  const sumMs = 1.75 * 88e6 * 1.8e-6 + 66 * (0.23 + 0.06);
  near(at(10, 8).sumMs, sumMs);
  near(at(10, 8).efficiency, 1000 / (1000 + sumMs / 22));
  assert.ok(at(400, 1024).efficiency < at(400, 512).efficiency);
  assert.ok(at(10, 1024).efficiency < at(100, 1024).efficiency);
});
