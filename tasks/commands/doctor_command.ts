import type { AdapterSummary } from "@videoms/core";
import { type Survey, survey } from "./doctor/survey.ts";
import { type Command, defineCommand } from "@videoms/data/console";

const GIBI = 2 ** 30;

function megabytes(bytes: number): string {
  return bytes >= GIBI ? `${(bytes / GIBI).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** A limit of a GPU; sizes in bytes are large and shown as such. */
function limit([name, value]: [string, number]): string {
  return `${name} ${/Size$/.test(name) && value >= 2 ** 20 ? megabytes(value) : value}`;
}

function adapterRows(adapter: AdapterSummary, title: string): [string, string][] {
  const { name, software, features, subgroupSizes: sizes, matrixConfigs } = adapter;
  const kind = software ? " (software: computes on the CPU; `auto` takes wasm)" : "";
  const [first = "none", ...rest] = Object.entries(adapter.limits).map(limit);
  const subgroups = !sizes ? "none" : [...new Set([sizes.min, sizes.max])].join(" to ");
  const matrices = matrixConfigs.map(({ m, n, k, component, result }) =>
    `${m}x${n}x${k} of ${component} in ${result}`
  );
  return [
    [title, name + kind],
    ["  f16", features.includes("shader-f16") ? "yes" : "no"],
    ["  subgroups", subgroups],
    ["  matrices", matrices.join(", ") || "none"],
    ["  features", String(features.length) + ": " + features.join(", ")],
    ["  limits", first],
    ...rest.map((text): [string, string] => ["", text]),
  ];
}

/** What a WebGPU offers; the numbers are those that `--adapter` takes. */
function gpuRows(title: string, adapters: Survey["dawn"]): [string, string][] {
  if ("problem" in adapters) return [[title, adapters.problem]];
  if (adapters.length === 0) return [[title, "none: no WebGPU adapter"]];
  return adapters.flatMap((adapter, i) => adapterRows(adapter, `${title} ${i}`));
}

function ffmpegText(ffmpeg: Survey["ffmpeg"]): string {
  if ("problem" in ffmpeg) return ffmpeg.problem;
  const { version, ffmpeg: path, ffprobe, startupMs } = ffmpeg;
  return `${version} (${path}, ${ffprobe}), starts in ${startupMs.toFixed(0)} ms`;
}

function surveyText(found: Survey): string {
  const { ffmpeg, blas, mpi, memory, findings } = found;
  const rows: [string, string][] = [
    ["Deno", found.deno],
    ["system", `${found.system}, ${found.cores} cores`],
    ["memory", `${megabytes(memory.available)} available of ${megabytes(memory.total)}`],
    ["ffmpeg", ffmpegText(ffmpeg)],
    ["BLAS", blas.problem ?? `${blas.name} (${blas.library})`],
    ["MPI", mpi.map(({ version, library }) => `${version} (${library})`).join(", ") || "none"],
    ...gpuRows("GPU", found.adapters),
    ...gpuRows("Dawn", found.dawn),
  ];
  const lines = rows.map(([left, right]) => `${left.padEnd(13)}${right}`);
  const missing = findings.map(({ title, cost, command, link }) =>
    `  ${title}: ${cost}\n    ${command ?? link}`
  );
  const head = missing.length === 0 ? "Nothing is missing." : "Missing or slow:";
  return [...lines, "", head, ...missing, ""].join("\n");
}

export const command: Command = defineCommand({
  summary: "check this machine: programs, GPU, BLAS, and what is missing",
  positionals: [],
  flags: { json: { type: "boolean", help: "print JSON" } },
  examples: ["doctor", "doctor --json"],
  async run({ flags: { json }, output }) {
    const found = await survey();
    output.print(json ? JSON.stringify(found, null, 2) : surveyText(found));
    if ("problem" in found.ffmpeg) throw new Error("ffmpeg is missing: run `deno task setup`");
  },
});
