import { type Row, table } from "../report.ts";
import type { Figures, FiguresFile } from "./figures_file.ts";
import { peakOf } from "./peak.ts";

/** What a step costs. */
export interface StepCosts {
  /** Multiply-accumulates of the forward pass of a clip, by the second part of a step's name. */
  readonly [kind: string]: number;
}

const last = (name: string) => name.split("/").slice(2).join(" ");

/** The arithmetic whose peak counts. */
const arithmeticOf = (by: string): "f16" | "f32" => /f16/.test(by) ? "f16" : "f32";

/** Largest difference of the losses from those of another, over the loss, at the steps that both made. */
function lossDifference(one: Figures, other: Figures | undefined): number {
  const theirs = other?.losses as number[] | undefined;
  if (!theirs || !Array.isArray(one.losses)) return NaN;
  const both = (one.losses as number[]).slice(0, theirs.length);
  return Math.max(...both.map((loss, i) => Math.abs(loss - theirs[i]) / Math.abs(theirs[i])));
}

/** Steps of one kind, against those of PyTorch in float32, else against our own. */
function stepTable(lines: readonly Figures[], cost: number, gpu: string): string {
  const named = (by: string) => lines.find(({ measurement }) => last(measurement) === by);
  const reference = named("torch-f32") ?? named("dawn-f32") ?? named("deno-f32");
  const rows = lines.map((line): Row => {
    const by = last(line.measurement);
    const { ms, batch, recording, dispatches, gpuBytes } = line as unknown as Record<
      string,
      number
    >;
    // A backward pass costs two forward passes; a multiply-accumulate is two operations.
    const tflops = 6 * cost * batch / (ms / 1000) / 1e12;
    const peak = peakOf(gpu)?.[arithmeticOf(by)] ?? NaN;
    return {
      by,
      ms,
      "clips/s": 1000 * batch / ms,
      "TFLOP/s": tflops,
      "of peak": tflops / peak,
      "GPU GB": (gpuBytes ?? NaN) / 1e9,
      dispatches: dispatches ?? NaN,
      "recording ms": recording ?? NaN,
      "loss differs by": lossDifference(line, reference),
      [`time / ${reference ? last(reference.measurement) : "–"}`]: ms /
        Number(reference?.ms ?? NaN),
    };
  });
  return table(rows);
}

/** The fastest variant of each product beside PyTorch's. */
function productTable(lines: readonly Figures[]): string {
  const keyOf = ({ form, m, n, k }: Figures) => `${form} ${m}x${n}x${k}`;
  const rate = ({ m, n, k, ms }: Figures) =>
    2 * Number(m) * Number(n) * Number(k) / (Number(ms) / 1000) / 1e12;
  const rows = new Map<string, Record<string, string | number>>();
  for (const line of lines) {
    const by = line.measurement.split("/")[1];
    const column = by === "torch" ? `torch-${line.arithmetic}` : by;
    const row = rows.get(keyOf(line)) ?? { product: `${line.name}: ${keyOf(line)}` };
    rows.set(keyOf(line), row);
    if (rate(line) > Number(row[column] ?? 0)) {
      row[column] = rate(line);
      if (column === "dawn-f16") row["its variant"] = String(line.variant);
    }
  }
  const columns = [...new Set([...rows.values()].flatMap(Object.keys))];
  return table(
    [...rows.values()].map((row) =>
      Object.fromEntries(columns.map((column) => [column, row[column] ?? NaN]))
    ),
  );
}

/** Everything that was measured, for people. */
export function gpuTables(file: FiguresFile, costs: StepCosts, gpu: string): string {
  const measured = (prefix: string) =>
    file.linesOf(prefix).filter(({ failed, done }) => failed === undefined && !done);
  const parts: string[] = [];
  for (const [kind, cost] of Object.entries(costs)) {
    const lines = measured(`step/${kind}/`);
    if (lines.length > 0) parts.push(`Steps, ${kind}:\n${stepTable(lines, cost, gpu)}`);
  }
  const curve = measured("batch/");
  if (curve.length > 0) {
    const rows = curve.map((line): Row => ({
      batch: Number(line.batch),
      ms: Number(line.ms),
      "clips/s": Number(line.clipsPerSecond),
      "GPU GB": Number(line.gpuBytes) / 1e9,
    }));
    parts.push(`Steps by batch, ${last(curve[0].measurement).split(" ")[0]}:\n${table(rows)}`);
  }
  const products = measured("products/");
  if (products.length > 0) {
    parts.push(
      `Products of an encoder block, TFLOP/s of the fastest variant:\n${productTable(products)}`,
    );
  }
  const verified = measured("verify/").map((line): Row => ({
    verify: line.measurement.split("/")[1],
    quantities: Number(line.quantities),
    missed: (line.missed as string[]).length,
    "nearest to its tolerance": (line.worst as { quantity: string }).quantity,
  }));
  if (verified.length > 0) parts.push(table(verified));
  const failures = file.linesOf("").filter(({ measurement, failed }) =>
    failed !== undefined && !file.isDone(measurement)
  );
  if (failures.length > 0) {
    const text = failures.map(({ measurement, failed }) => `  ${measurement}: ${failed}`);
    parts.push(`Not measured:\n${text.join("\n")}`);
  }
  return parts.join("\n\n");
}
