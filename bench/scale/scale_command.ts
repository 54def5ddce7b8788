import { findProgram } from "@videoms/data/files";
import { fileURLToPath } from "node:url";
import { type Command, defineCommand, type FlagSpecs } from "@videoms/data/console";
import { denoProgram } from "../deno_program.ts";
import { median, report, type Row, table } from "../report.ts";
import { STEP_FLAGS, stepCounts, stepSetting } from "../step/step_flags.ts";
import { fitSums, foretell, type Network, type SumCost, sumOnHost } from "./scale_model.ts";
import type { ScaleMeasures, ScaleRequest } from "./scale_rank.ts";

const { size, batch, frames, imageSize, recompute, steps, warmup, json } = STEP_FLAGS;

const FLAGS = {
  ...{ size, batch, frames, imageSize, recompute, steps, warmup, json },
  ranks: {
    type: "text",
    choices: ["2", "2,4"],
    help: "how many to measure with, beside one (default 2,4)",
  },
  latency: { type: "number", value: "µs", help: "of a network, one way (default 30)" },
} as const satisfies FlagSpecs;

const LAUNCHERS = ["mpirun", "mpirun.mpich", "mpirun.openmpi"];
const GIGABITS = [10, 100, 400];
const FORETOLD = [8, 16, 32, 64, 128, 256, 512, 1024];

async function outputOf(program: string, args: readonly string[], signal: AbortSignal) {
  const command = new Deno.Command(program, { args: [...args], stdin: "null", signal });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { success, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The launcher of this machine, and what it takes to start more ranks than there are cores. */
async function findLauncher(signal: AbortSignal): Promise<[program: string, ...string[]]> {
  const program = LAUNCHERS.map((name) => findProgram(name)).find((path) => path !== null);
  if (!program) {
    throw new Error(
      "Cannot run a benchmark of ranks: mpirun must be installed, got none; apt-get install mpich",
    );
  }
  const { stdout } = await outputOf(program, ["--version"], signal);
  if (!/open/i.test(stdout)) return [program];
  const root = Deno.uid() === 0 ? ["--allow-run-as-root"] : [];
  return [program, ...root, "--oversubscribe", "--bind-to", "none"];
}

/** Measures with some ranks on this machine, each of one thread. */
async function measure(
  [program, ...options]: readonly string[],
  ranks: string,
  request: ScaleRequest,
  signal: AbortSignal,
): Promise<ScaleMeasures> {
  const module = fileURLToPath(import.meta.resolve("./scale_rank.ts"));
  const permissions = ["--allow-read", "--allow-env", "--allow-sys", "--allow-ffi"];
  const deno = [denoProgram(), "run", ...permissions, module, JSON.stringify(request)];
  const { success, stdout, stderr } = await outputOf(
    program,
    [...options, "-n", ranks, ...deno],
    signal,
  );
  if (success) return JSON.parse(stdout.trim().split("\n").at(-1)!);
  throw new Error(`Cannot run ${ranks} ranks: ${program} must succeed, got: ${stderr.trim()}`);
}

function rowOf(measures: ScaleMeasures): Row {
  const { ranks, step, apartMs, togetherMs, waitMs, transferMs, blockedMs } = measures;
  return {
    ranks,
    "alone ms": step.ms,
    "apart ms": apartMs,
    "together ms": togetherMs,
    "efficiency %": 100 * step.ms / togetherMs,
    "gradient MB": step.gradientBytes / 1e6,
    buckets: step.buckets,
    "transfer ms": transferMs,
    "wait ms": waitMs,
    "blocked ms": blockedMs,
    "hidden %": 100 * (1 - blockedMs / (waitMs + transferMs)),
  };
}

/** Each timed sum, and how far the fit is from it. */
function sumRows(cost: SumCost, measures: readonly ScaleMeasures[]): Row[] {
  return measures.flatMap(({ sums }) => sums).map((sum) => {
    const fitted = sumOnHost(cost, sum);
    const { ranks, bytes, pieces = 1, ms } = sum;
    return { ranks, bytes, pieces, ms, "fitted ms": fitted, "error %": 100 * (fitted / ms - 1) };
  });
}

function forecastRows({ step }: ScaleMeasures, cost: SumCost, latencyMs: number): Row[] {
  return FORETOLD.map((ranks) => {
    const row: Record<string, number> = { ranks };
    for (const gigabits of GIGABITS) {
      const network: Network = { gigabits, latencyMs };
      const { efficiency, sumMs } = foretell(step, cost, network, ranks);
      row[`${gigabits} Gbit/s: sums ms`] = sumMs;
      row["efficiency %".padEnd(12 + GIGABITS.indexOf(gigabits))] = 100 * efficiency;
    }
    return row;
  });
}

function assumptions({ roundMs, messageMs, byteMs }: SumCost, latencyMs: number): string {
  const micros = (ms: number) => `${(1000 * ms).toPrecision(3)} µs`;
  return [
    "Assumed: one rank a host, as many clips a rank as measured here, every rank as fast as one alone here; a full " +
    "rate between any two hosts, all at once;",
    `three rounds of messages a bucket, of ${micros(latencyMs)} on the network and ${
      micros(roundMs)
    } ` +
    `of host as fitted with 2 ranks; ${
      micros(messageMs)
    } for each rank more, as sums of 2 ranks took longer for each message more that their pieces went in;`,
    `${
      (1e6 * byteMs).toPrecision(3)
    } ns of host for a byte beside the wire, as fitted with 2 ranks;`,
    "sums hidden from the first bucket to the end of the backward pass, as long as was measured here, but for the last " +
    "bucket. Slower ranks, and videos that come late, are not in it.",
  ].join("\n");
}

/** What the fit says, how far it was off, and what follows for many machines. */
function printModel(measures: readonly ScaleMeasures[], latencyMs: number): void {
  const [first] = measures;
  const cost = fitSums(first.sums);
  const rows = sumRows(cost, measures);
  console.log(`Sums over ranks, fitted with ${first.ranks} ranks\n${table(rows)}`);
  const errors = rows.filter(({ ranks, pieces }) => ranks === 4 && pieces === 1).map((row) =>
    Math.abs(Number(row["error %"]))
  );
  if (errors.length > 0) {
    console.log(
      `The fit is ${median(errors).toFixed(0)} % from the sums of 4 ranks (median; at most ` +
        `${Math.max(...errors).toFixed(0)} %, and ${
          errors.at(-1)!.toFixed(0)
        } % for the largest), which share ` +
        `${navigator.hardwareConcurrency} cores: a message waits there until its rank has one`,
    );
  }
  console.log(`\nForetold\n${table(forecastRows(first, cost, latencyMs))}`);
  console.log(`${assumptions(cost, latencyMs)}\n`);
}

/** `bench scale`. */
export const scaleCommand: Command = defineCommand({
  summary: "time steps and sums of gradients on ranks of this machine, and foretell many machines",
  description: [
    "Steps of one rank alone and of all ranks, of one thread each and the same clips for each, take turns in one run; then " +
    "efficiency is the time of the one over that of the other, and hidden the share of exchange and waiting that did not " +
    "hold up the backward pass. Apart is the time of all side by side without any exchange, until the slowest is done: what " +
    "this machine allows. More ranks than cores share these, which efficiency then shows.",
  ],
  positionals: [],
  flags: FLAGS,
  examples: ["scale", "scale --size small --batch 2 --ranks 2 --steps 10"],
  async run({ flags, signal }) {
    const setting = stepSetting(flags);
    const { count, warmup } = stepCounts({ ...flags, warmup: flags.warmup ?? 2 });
    const launcher = await findLauncher(signal);
    const measures: ScaleMeasures[] = [];
    for (const ranks of (flags.ranks ?? "2,4").split(",")) {
      measures.push(await measure(launcher, ranks, { setting, steps: count, warmup }, signal));
    }
    printModel(measures, (flags.latency ?? 30) / 1000);
    const [first] = measures;
    const { size, batch } = setting;
    const facts = { network: `ViT-${size}, ${batch} clips a rank`, mpi: first.description };
    await report(measures.map(rowOf), { ...facts, device: first.device }, flags.json);
  },
});
